"""Opens data sets with the libraries that users open them with: open-dataset.py LIBRARY[:FORMAT][#NOTE]=FOLDER…

Prints one JSON object: for each word and picture the objects that the library found, as [label, x0, y0, x1, y1] in pixels, or [label].
"""

import json
import sys
from pathlib import Path


def with_datumaro(format_name: str, folder: Path) -> dict:
    import datumaro

    dataset = datumaro.Dataset.import_from(str(folder), format_name)
    labels = dataset.categories()[datumaro.AnnotationType.label]
    return {
        Path(item.id.split(":")[-1]).name: {
            "split": item.subset,
            "objects": [
                [labels[a.label].name, *(a.points if a.type == datumaro.AnnotationType.bbox else [])]
                for a in item.annotations
            ],
            "size": list(item.media.size or []),
        }
        for item in dataset
    }


def with_pycocotools(folder: Path) -> dict:
    from pycocotools.coco import COCO

    found = {}
    for file in sorted((folder / "annotations").glob("*.json")):
        coco = COCO(str(file))
        for image in coco.loadImgs(coco.getImgIds()):
            annotations = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
            names = [coco.loadCats(a["category_id"])[0]["name"] for a in annotations]
            boxes = [(x, y, x + w, y + h) for x, y, w, h in (a["bbox"] for a in annotations)]
            found[Path(image["file_name"]).stem] = {
                "split": file.stem.removeprefix("instances_"),
                "objects": [[name, *box] for name, box in zip(names, boxes)],
                "size": [image["height"], image["width"]],
            }
    return found


def with_label_studio(folder: Path) -> dict:
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface((folder / "config.xml").read_text())
    interface.validate()
    found = {}
    for task in json.loads((folder / "tasks.json").read_text()):
        # With predictions in it, the library's own check calls itself without an argument (2.1.2); they follow below.
        interface.validate_task({"data": task["data"]})
        for prediction in task.get("predictions", []):
            errors = interface.validate_prediction(prediction, return_errors=True)
            if errors:
                raise SystemExit(f"{task['data']['image']}: {errors}")
        for annotation in task.get("annotations", []):
            if not interface.validate_annotation(annotation):
                raise SystemExit(f"{task['data']['image']}: the annotation is refused: {annotation}")
        answers = [*task.get("predictions", []), *task.get("annotations", [])]
        rows = [row for answer in answers for row in answer["result"]]
        found[Path(task["data"]["image"]).stem] = {
            "split": task["data"]["split"],
            "objects": [_label_studio_row(row) for row in rows],
            "size": [[row["original_height"], row["original_width"]] for row in rows][0] if rows else [],
        }
    return found


def _label_studio_row(row: dict) -> list:
    value = row["value"]
    if row["type"] == "choices":
        return value["choices"]
    x, y = value["x"] * row["original_width"] / 100, value["y"] * row["original_height"] / 100
    width, height = value["width"] * row["original_width"] / 100, value["height"] * row["original_height"] / 100
    return [*value["rectanglelabels"], x, y, x + width, y + height]


OPENERS = {
    "pycocotools": with_pycocotools,
    "label-studio-sdk": with_label_studio,
    "datumaro": with_datumaro,
}

if __name__ == "__main__":
    answers = {}
    stdout, sys.stdout = sys.stdout, sys.stderr  # pycocotools tells of its progress
    for word in sys.argv[1:]:
        opener, _, folder = word.partition("=")
        library, _, format_name = opener.partition("#")[0].partition(":")
        answers[opener] = OPENERS[library](*([format_name] if format_name else []), Path(folder))
    print(json.dumps(answers, default=float), file=stdout)
