"""The label set. The position in this tuple is the classId in every file of the two packages."""

CLASSES: tuple[str, ...] = (
    "gear",
    "hex-nut",
    "washer",
    "bolt",
    "bearing",
    "spring",
    "bracket",
    "cotter-pin",
)

# Long side of a part relative to the scene's unit part; bolts are longer than nuts are wide.
RELATIVE_SIZE: dict[str, float] = {
    "gear": 1.2,
    "hex-nut": 0.75,
    "washer": 0.8,
    "bolt": 1.25,
    "bearing": 1.0,
    "spring": 1.15,
    "bracket": 1.3,
    "cotter-pin": 1.2,
}
