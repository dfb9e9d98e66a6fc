"""Runs models in the code of the packages that carry them, and writes cases with the answers of that code.

python references.py OUT: makes OUT/<family>/model.onnx, cases/, and expected.json with one entry for each case. Boxes are fractions
of the picture; of tensors, evenly spaced elements are kept (`stride`), so that the files stay small.
"""

import importlib.util
import json
import math
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

OUT = Path(sys.argv[1])
KEPT = 64


def package(name, path):
    # Not imported: some need PyTorch for that.
    return Path(importlib.util.find_spec(name).submodule_search_locations[0]) / path


def module(file):
    spec = importlib.util.spec_from_file_location(file.stem, file)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def photo(name):
    return cv2.imread(str(package("skimage", f"data/{name}")))


def family(name, model):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "cases").mkdir(parents=True)
    shutil.copy(model, folder / "model.onnx")
    return folder


def done(folder, cases):
    (folder / "expected.json").write_text(json.dumps(cases, indent=1))


def kept(tensor):
    flat = np.ascontiguousarray(tensor).reshape(-1)
    stride = max(1, math.ceil(len(flat) / KEPT))
    best = tensor.reshape(-1, tensor.shape[-1]).argmax(1) if tensor.ndim > 1 else []
    return {
        "shape": list(tensor.shape),
        "stride": stride,
        "values": [float(value) for value in flat[::stride]],
        "best": [int(index) for index in best[:KEPT]],
    }


def session(folder):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])


def views(name):
    """One photo in several sizes and parts of it."""
    whole = photo(name)
    height, width = whole.shape[:2]
    yield whole
    yield whole[:, ::-1].copy()
    yield whole[: height * 3 // 4, width // 8 :]
    yield whole[:, : width * 3 // 4]
    yield cv2.resize(whole, (width * 3 // 5, height * 3 // 5), interpolation=cv2.INTER_AREA)
    yield cv2.resize(whole, (width * 2, height * 2), interpolation=cv2.INTER_LINEAR)


def pictures(folder, images):
    for index, image in enumerate(images):
        file = folder / "cases" / f"{index:02}.png"
        cv2.imwrite(str(file), image)
        yield file, image


def fractions(box, image):
    height, width = image.shape[:2]
    return [float(side) / (width if axis % 2 == 0 else height) for axis, side in enumerate(box)]


def nudenet():
    from nudenet import NudeDetector

    folder = family("nudenet", package("nudenet", "320n.onnx"))
    detector, cases = NudeDetector(), []
    for file, image in pictures(folder, [*views("astronaut.png"), *views("color.png")]):
        boxes = [
            {"label": one["class"], "score": one["score"], "box": fractions(corners(one["box"]), image)}
            for one in detector.detect(str(file))
        ]
        cases.append({"case": file.name, "boxes": boxes})
    done(folder, cases)


def corners(box):
    x, y, width, height = box
    return [x, y, x + width, y + height]


def ddddocr():
    from ddddocr import DdddOcr

    folder = family("ddddocr-detector", package("ddddocr", "common_det.onnx"))
    detector, cases = DdddOcr(det=True, ocr=False, show_ad=False), []
    for file, image in pictures(folder, [*views("text.png"), *views("page.png"), photo("coffee.png"), photo("rocket.jpg")]):
        boxes = [{"box": fractions(box, image)} for box in detector.detection(file.read_bytes())]
        cases.append({"case": file.name, "boxes": boxes})
    done(folder, cases)


def lines():
    """Lines of text, short and long."""
    page, text = photo("page.png"), photo("text.png")
    for top in range(10, 160, 21):
        yield page[top : top + 24, 4:380]
        yield page[top : top + 24, 20:140]
    yield text[10:60, 10:200]


def turns(image):
    """A photo turned a little, and by more."""
    height, width = image.shape[:2]
    for angle in [6, -17, 40]:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 0.8)
        turn[:, 2] += (18, 24)
        yield turn


def images(folder, given, prepare, run):
    """Cases of a model that takes a picture and gives a tensor."""
    cases = []
    for file, image in pictures(folder, given):
        tensor = np.asarray(prepare(image), dtype=np.float32)
        tensor = tensor if tensor.ndim == 4 else tensor[None]
        name = run.get_outputs()[0].name
        cases.append({"case": file.name, "outputs": {name: kept(run.run([name], {run.get_inputs()[0].name: tensor})[0])}})
    done(folder, cases)


def rapidocr():
    from rapidocr_onnxruntime import RapidOCR
    from rapidocr_onnxruntime.ch_ppocr_cls.text_cls import TextClassifier
    from rapidocr_onnxruntime.ch_ppocr_det.utils import DetPreProcess
    from rapidocr_onnxruntime.ch_ppocr_rec.text_recognize import TextRecognizer

    models = package("rapidocr_onnxruntime", "models")
    folder = family("pp-ocr-recognizer", models / "ch_PP-OCRv4_rec_infer.onnx")
    recognizer = TextRecognizer.__new__(TextRecognizer)
    recognizer.rec_image_shape = [3, 48, 320]
    images(folder, lines(), lambda image: recognizer.resize_norm_img(image, 320 / 48), session(folder))

    folder = family("pp-ocr-text", models / "ch_PP-OCRv4_rec_infer.onnx")
    reader, cases = RapidOCR().text_rec, []
    for file, image in pictures(folder, lines()):
        [[text, score]], _ = reader(image)
        # The product says nothing of what RapidOCR itself leaves out.
        cases.append({"case": file.name, "texts": [{"text": text, "score": score}] if score >= 0.5 else []})
    done(folder, cases)

    folder = family("pp-ocr-detector", models / "ch_PP-OCRv4_det_infer.onnx")
    prepare = DetPreProcess(960, "max")
    photos = ["page.png", "text.png", "coffee.png", "rocket.jpg", "motorcycle_left.png"]
    large = cv2.resize(photo("motorcycle_left.png"), (1600, 1080), interpolation=cv2.INTER_LINEAR)
    images(folder, [*map(photo, photos), large], prepare, session(folder))

    folder = family("pp-ocr-regions", models / "ch_PP-OCRv4_det_infer.onnx")
    detect, run, cases = RapidOCR().text_det.postprocess_op, session(folder), []
    turned = [cv2.warpAffine(photo("page.png"), turn, (420, 240), borderValue=(230, 230, 230)) for turn in turns(photo("page.png"))]
    for file, image in pictures(folder, [*map(photo, photos), large, *turned]):
        corners, scores = detect(run.run(None, {run.get_inputs()[0].name: prepare(image)})[0], image.shape[:2])
        boxes = [{"corners": [fractions(corner, image) for corner in four], "score": float(score)} for four, score in zip(corners, scores)]
        cases.append({"case": file.name, "boxes": boxes})
    done(folder, cases)

    folder = family("pp-ocr-angle", models / "ch_ppocr_mobile_v2.0_cls_infer.onnx")
    classifier = TextClassifier.__new__(TextClassifier)
    classifier.cls_image_shape = [3, 48, 192]
    turned = [image[::-1, ::-1].copy() if index % 2 else image for index, image in enumerate(lines())]
    images(folder, turned, classifier.resize_norm_img, session(folder))


def picodet():
    # Files of their own: the package itself needs more than it computes with.
    PPPreProcess = module(package("rapid_layout", "model_handler/pp/pre_process.py")).PPPreProcess
    PPPostProcess = module(package("rapid_layout", "model_handler/pp/post_process.py")).PPPostProcess
    folder = family("picodet", package("rapid_layout", "models/layout_cdla.onnx"))
    run, cases = session(folder), []
    labels = run.get_modelmeta().custom_metadata_map["character"].splitlines()
    prepare, read = PPPreProcess((800, 608)), PPPostProcess(labels, 0.3, 0.5)
    # Something like pages: photos of text in a tall frame.
    tall = [cv2.copyMakeBorder(photo(name), 20, 600, 60, 60, cv2.BORDER_CONSTANT, value=(255,) * 3) for name in ["page.png", "text.png"]]
    both = np.vstack([cv2.resize(photo(name), (600, 400)) for name in ["page.png", "coffee.png", "page.png"]])
    for file, image in pictures(folder, [*views("page.png"), *tall, both]):
        tensor = prepare(image)
        boxes, scores, names = read(image.shape[:2], tensor, run.run(None, {"image": tensor}))
        found = [{"label": name, "score": score, "box": fractions(box, image)} for box, score, name in zip(boxes, scores, names)]
        cases.append({"case": file.name, "boxes": found})
    done(folder, cases)


def magika():
    from magika import Magika

    folder = family("magika", package("magika", "models/standard_v3_3/model.onnx"))
    tool, run, cases = Magika(), session(folder), []
    labels = tool._target_labels_space
    here = Path(__file__).resolve().parents[2]
    files = ["README.md", "package.json", "LICENSE", "recipe.yaml", "eslint.config.js", "docs/annotated.jpg", "testing/references/references.py"]
    config = tool._model_config
    for index, name in enumerate(files):
        content = (here / name).read_bytes()
        features = tool._extract_features_from_seekable(
            Content(content), config.beg_size, config.mid_size, config.end_size, config.padding_token, config.block_size, False
        )
        given = np.array([[*features.beg, *features.mid, *features.end]], dtype=np.int32)
        file = folder / "cases" / f"{index:02}.npz"
        np.savez(file, bytes=given)
        output = run.run(["target_label"], {"bytes": given})[0]
        told = tool.identify_bytes(content).dl.label
        if str(told) != str(labels[int(output[0].argmax())]):
            raise SystemExit(f"magika says {told} of {name}, and its model something else")
        cases.append({"case": file.name, "outputs": {"target_label": kept(output)}})
    done(folder, cases)


class Content:
    """The part of a file that magika reads features from."""

    def __init__(self, content):
        self.content, self.size = content, len(content)

    def read_at(self, offset, size):
        return self.content[offset : offset + size]


def silero():
    folder = family("silero-vad", package("silero_vad", "data/silero_vad.onnx"))
    run, cases = session(folder), []
    random = np.random.default_rng(7)
    time = np.arange(40 * 512) / 16_000
    # Something like vowels, with pauses, in noise.
    voice = sum(np.sin(2 * np.pi * pitch * time) / number for number, pitch in enumerate([140, 280, 720, 1100, 2400], 1))
    sound = (voice * (np.sin(2 * np.pi * 1.6 * time) > 0) * 0.3 + random.normal(0, 0.01, len(time))).astype(np.float32)
    state, context = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32)
    for index in range(40):
        window = sound[index * 512 : (index + 1) * 512]
        given = {"input": np.concatenate([context, window])[None], "state": state, "sr": np.array(16_000, np.int64)}
        output, state_after = run.run(["output", "stateN"], given)
        if index % 4 == 0:
            file = folder / "cases" / f"{index:02}.npz"
            np.savez(file, **given)
            cases.append({"case": file.name, "outputs": {"output": kept(output), "stateN": kept(state_after)}})
        state, context = state_after, window[-64:]
    done(folder, cases)


for make in [nudenet, ddddocr, rapidocr, picodet, magika, silero]:
    make()
