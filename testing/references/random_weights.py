"""Networks that were never trained and still say something of a picture: their answers differ from one another and from picture to picture."""

from pathlib import Path

import torch
from PIL import Image
from torchvision.transforms import functional

HERE = Path(__file__).resolve().parents[2]
PHOTOS = ["artifacts/samples/belt-03.jpg", "docs/pictures/ssd.jpg", "docs/annotated.jpg"]


def spread_out(model, size):
    """Untrained heads find nothing: their last layers are scaled until a few cells of a photo score high, and boxes, points, angles and masks
    differ from one another."""
    network = model.model.eval()
    head = network.model[-1]
    pixels = some_pixels(size)
    settle(network, pixels)
    if hasattr(head, "dec_score_head"):
        rescale(head.dec_score_head[-1], network, pixels, 1.5, -3, (0, 1))
        rescale(head.dec_bbox_head[-1].layers[-1], network, pixels, 1, 0)
        return
    # Turned boxes of one photo are far from those of the others: their scores would all be 1.
    is_turned = hasattr(head, "ne")
    scores = (0.5, -3) if is_turned else (1.5, -6)
    # Without a distribution for each side, the sides are what comes out: they must not be negative.
    sides = (1, 1) if getattr(head, "reg_max", 1) > 1 else (0.1 if is_turned else 0.4, 2.5)
    for name, spread, middle in [("cv3", *scores), ("cv2", *sides), ("cv4", 1, 0), ("cv4_kpts", 1, 0), ("linear", 3, 0)]:
        branches = [one for prefix in ("", "one2one_") for one in as_list(getattr(head, prefix + name, None))]
        for branch in branches:
            last = branch[-1] if isinstance(branch, torch.nn.Sequential) else branch
            if isinstance(last, (torch.nn.Conv2d, torch.nn.Linear)):
                rescale(last, network, pixels, spread, middle)


def as_list(layers):
    if layers is None:
        return []
    return list(layers) if isinstance(layers, torch.nn.ModuleList) else [layers]


def rescale(layer, network, pixels, spread, middle, axes=None):
    """Gives the layer's numbers this deviation and mean: all together, or over the axes, each of the others for itself."""
    torch.nn.init.normal_(layer.weight, 0, 1)
    layer.bias.data[:] = 0
    seen = []
    hook = layer.register_forward_hook(lambda _module, _inputs, output: seen.append(output.detach()))
    with torch.no_grad():
        network(pixels)
    hook.remove()
    # A head that all levels share is called for each.
    values = seen[0] if axes else torch.cat([each.flatten() for each in seen])
    scale = spread / (values.std(axes) if axes else values.std())
    layer.weight.data *= scale[:, None] if axes else scale
    layer.bias.data[:] = middle - scale * (values.mean(axes) if axes else values.mean())


def settle(network, pixels):
    """Gives batch normalization the statistics of photos. Without them, what an untrained network says hardly depends on the picture."""
    layers = [module for module in network.eval().modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for layer in layers:
        layer.momentum = None
        layer.train()
    with torch.no_grad():
        network(pixels)
    network.eval()


def some_pixels(size):
    images = [Image.open(HERE / name).convert("RGB").resize((size[1], size[0])) for name in PHOTOS]
    return torch.stack([functional.to_tensor(image) for image in images])


def last_layers(network):
    if hasattr(network, "rpn"):
        rpn, predictor = network.rpn.head, network.roi_heads.box_predictor
        return [(rpn.cls_logits, 2), (rpn.bbox_pred, 0.3), (predictor.cls_score, 2), (predictor.bbox_pred, 1)]
    scores, boxes = network.head.classification_head, network.head.regression_head
    return [(level[-1], spread) for head, spread in ((scores, 2), (boxes, 1)) for level in head.module_list]
