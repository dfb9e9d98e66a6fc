"""The report in words and numbers."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from metrics import Curve
from parts.classes import CLASSES


@dataclass(frozen=True)
class DetectorResult:
    variant: str
    curves: list[Curve]
    """At IoU 0.5, one per class."""
    map_strict: float
    """Mean over IoU 0.5 to 0.95."""
    pictures: int

    @property
    def map50(self) -> float:
        return float(np.mean([c.ap for c in self.curves]))


@dataclass(frozen=True)
class ClassifierResult:
    variant: str
    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def top1(self) -> float:
        return float((self.probabilities.argmax(1) == self.labels).mean())

    def recall(self, class_id: int) -> float:
        return float((self.probabilities.argmax(1) == class_id)[self.labels == class_id].mean())


def write_summary(detectors: list[DetectorResult], classifiers: list[ClassifierResult], models: Path, file: Path) -> None:
    fp32, int8 = detectors
    parts = sum(c.parts for c in fp32.curves)
    lines = [
        "# Measured on held-back pictures", "",
        "Written by `evaluate.py` with the reference pipeline (JPEG decode, bilinear stretch, ONNX Runtime, class-wise NMS).", "",
        f"## PartsDetector: {fp32.pictures} scenes, {parts} parts", "",
        "| variant | mAP@0.5 | mAP@0.5:0.95 | precision at 0.4 | recall at 0.4 |", "|---|---|---|---|---|",
        *(f"| {d.variant} | {d.map50:.4f} | {d.map_strict:.4f} | {_at(d, 0.4)[0]:.3f} | {_at(d, 0.4)[1]:.3f} |" for d in detectors), "",
        "| class | parts | AP fp32 | AP int8 |", "|---|---|---|---|",
        *(f"| {n} | {a.parts} | {a.ap:.4f} | {b.ap:.4f} |" for n, a, b in zip(CLASSES, fp32.curves, int8.curves)), "",
        "![precision and recall](precision-recall.png)", "",
        "Which part is taken for which (fp32, score at least 0.4, IoU at least 0.5):", "",
        "![confusion](detector-confusion.png)", "",
        "Every n-th test scene; thin white boxes are the truth:", "",
        "![detections](detections.png)", "",
        f"## PartsClassifier: {len(classifiers[0].labels)} close-ups", "",
        "| variant | top-1 |", "|---|---|",
        *(f"| {c.variant} | {c.top1:.4f} |" for c in classifiers), "",
        "| class | recall fp32 | recall int8 |", "|---|---|---|",
        *(f"| {n} | {classifiers[0].recall(i):.4f} | {classifiers[1].recall(i):.4f} |" for i, n in enumerate(CLASSES)), "",
        "![confusion](classifier-confusion.png)", "",
        "## Sizes", "",
        "| package | parameters | model.onnx | model.int8.onnx | zipped folder |", "|---|---|---|---|---|",
        *(_sizes(models / name) for name in ("PartsDetector", "PartsClassifier")), "",
    ]
    file.write_text("\n".join(lines))


def _at(result: DetectorResult, threshold: float) -> tuple[float, float]:
    """Precision and recall over all classes at one score threshold."""
    hits = found = parts = 0
    for curve in result.curves:
        count = int((curve.scores >= threshold).sum())
        found, parts = found + count, parts + curve.parts
        hits += round(float(curve.recall[count - 1]) * curve.parts) if count else 0
    return hits / max(1, found), hits / max(1, parts)


def _sizes(folder: Path) -> str:
    weights = onnx.load(folder / "model.onnx").graph.initializer
    # Priors and shapes are constants, not parameters: they feed no convolution and no linear layer.
    nodes = onnx.load(folder / "model.onnx").graph.node
    learned = {name for n in nodes if n.op_type in ("Conv", "Gemm", "MatMul") for name in n.input[1:]}
    count = sum(int(np.prod(w.dims)) for w in weights if w.name in learned)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, path.relative_to(folder))
    sizes = [(folder / f).stat().st_size for f in ("model.onnx", "model.int8.onnx")] + [len(buffer.getvalue())]
    return f"| {folder.name} | {count:,} | " + " | ".join(f"{s:,}" for s in sizes) + " |"
