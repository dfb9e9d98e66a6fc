"""PartsSegmenter: PartsDetector as it is, and what turns its boxes into masks.

Prototypes are learned pictures of the whole scene; each prior has coefficients that mix them to the mask of its part.
Source: Bolya et al., "YOLACT: real-time instance segmentation", ICCV 2019.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .backbone import S8
from .blocks import ConvNorm, Separable
from .detector import WIDTH, Detector, rows
from .priors import INPUT_PX, decode

PROTOTYPES = 16
_STEM = 24
_FINE = 32


class Segmenter(nn.Module):
    def __init__(self, detector: Detector):
        super().__init__()
        self.detector = detector.requires_grad_(False)
        self.coefficient_tower = Separable(WIDTH, WIDTH)
        self.coefficient_out = nn.Conv2d(WIDTH, PROTOTYPES, 1)
        # Which part is where comes from stride 16, its edges from strides 8 and 4.
        self.from16 = ConvNorm(WIDTH, S8, 1)
        self.from8 = ConvNorm(S8, S8, 1)
        self.mix8 = Separable(S8, S8)
        self.to4 = ConvNorm(S8, _FINE, 1)
        self.from4 = ConvNorm(_STEM, _FINE, 1)
        self.mix4 = nn.Sequential(Separable(_FINE, _FINE), Separable(_FINE, _FINE, kernel=3))
        self.prototype_out = nn.Conv2d(_FINE, PROTOTYPES, 1)

    def train(self, mode: bool = True) -> "Segmenter":
        """The detector has learned; its norms rest too."""
        super().train(mode)
        self.detector.eval()
        return self

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The detector's logits and offsets, coefficients B x N x K, prototypes B x K x S/4 x S/4."""
        detector = self.detector
        backbone = detector.backbone
        with torch.set_grad_enabled(False):
            c4 = backbone.stem[0](x)
            c8 = backbone.stage8(backbone.stem[1](c4))
            c16 = backbone.stage16(c8)
            levels = detector.neck(c8, c16, backbone.stage32(c16))
            logits, offsets = detector.head(levels)
        coefficients = torch.cat([rows(self.coefficient_out(self.coefficient_tower(p)), PROTOTYPES) for p in levels], 1)
        p8 = self.mix8(self.from8(c8) + _twice(self.from16(levels[0])))
        p4 = self.mix4(self.from4(c4) + _twice(self.to4(p8)))
        return logits, offsets, coefficients, self.prototype_out(p4)


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class SegmenterGraph(nn.Module):
    """The exported outputs, as YOLOv8-seg has them: rows of box, scores and coefficients [1, 4 + C + K, N], and the prototypes."""

    def __init__(self, segmenter: Segmenter):
        super().__init__()
        self.segmenter = segmenter

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, offsets, coefficients, prototypes = self.segmenter(x)
        corners = decode(offsets, self.segmenter.detector.priors)
        low, high = corners[..., :2], corners[..., 2:]
        boxes = torch.cat([(low + high) / 2, high - low], -1) * INPUT_PX
        table = torch.cat([boxes, logits.softmax(-1)[..., 1:], coefficients], -1)
        return table.transpose(1, 2), prototypes
