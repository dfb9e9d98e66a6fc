"""PartsDetector: backbone, a two-level neck, one head shared by both levels."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .backbone import S8, S16, S32, Backbone
from .blocks import ConvNorm, Separable
from .priors import decode, make_priors

WIDTH = 64


class Detector(nn.Module):
    def __init__(self, classes: int):
        super().__init__()
        self.columns = classes + 1
        self.backbone = Backbone()
        # Fine detail from stride 8 comes down to stride 16; context from stride 32 comes up.
        self.from8 = Separable(S8, WIDTH, 2)
        self.from16 = ConvNorm(S16, WIDTH, 1)
        self.from32 = ConvNorm(S32, WIDTH, 1)
        self.mix16 = Separable(WIDTH, WIDTH)
        self.down32 = Separable(WIDTH, WIDTH, 2)
        self.score_tower = Separable(WIDTH, WIDTH)
        self.box_tower = Separable(WIDTH, WIDTH)
        self.score_out = nn.Conv2d(WIDTH, self.columns, 1)
        self.box_out = nn.Conv2d(WIDTH, 4, 1)
        self.register_buffer("priors", make_priors(), persistent=False)
        nn.init.normal_(self.score_out.weight, std=0.01)
        nn.init.normal_(self.box_out.weight, std=0.01)
        nn.init.zeros_(self.box_out.bias)
        with torch.no_grad():  # start from "background nearly everywhere"
            self.score_out.bias.zero_()
            self.score_out.bias[0] = 5.0

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits B x N x (C+1), column 0 = background, and raw box offsets B x N x 4."""
        return self.head(self.neck(*self.backbone(x)))

    def neck(self, c8: Tensor, c16: Tensor, c32: Tensor) -> tuple[Tensor, Tensor]:
        """Features at the levels of the priors."""
        top = self.from32(c32)
        up = F.interpolate(top, scale_factor=2.0, mode="nearest")
        p16 = self.mix16(self.from16(c16) + self.from8(c8) + up)
        return p16, self.down32(p16) + top

    def head(self, levels: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        scores = [rows(self.score_out(self.score_tower(p)), self.columns) for p in levels]
        boxes = [rows(self.box_out(self.box_tower(p)), 4) for p in levels]
        return torch.cat(scores, 1), torch.cat(boxes, 1)


def rows(x: Tensor, columns: int) -> Tensor:
    """One row per prior, in the order of the priors."""
    return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, columns)


class DetectorGraph(nn.Module):
    """The exported outputs: decoded boxes and softmaxed scores, so that the device only has the NMS left to do."""

    def __init__(self, detector: Detector):
        super().__init__()
        self.detector = detector

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits, offsets = self.detector(x)
        return decode(offsets, self.detector.priors), logits.softmax(-1)
