"""Feature extractor, about 130k parameters.

The stem reads 6x6 patches at stride 4, so nothing ever runs at full resolution: on a CPU the first
layers of a classic network cost more than all the rest.
"""

from torch import Tensor, nn

from .blocks import ConvNorm, Separable

S8, S16, S32 = 48, 96, 144


class Backbone(nn.Module):
    """Returns the features at strides 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self.early_frozen = False
        self.stem = nn.Sequential(ConvNorm(3, 24, 6, stride=4, pad=1), ConvNorm(24, S8, 3, stride=2))
        self.stage8 = nn.Sequential(Separable(S8, S8), Separable(S8, S8))
        self.stage16 = nn.Sequential(Separable(S8, S16, 2), *(Separable(S16, S16) for _ in range(3)))
        self.stage32 = nn.Sequential(Separable(S16, S32, 2), *(Separable(S32, S32) for _ in range(2)))

    def freeze_early(self) -> None:
        """Stops learning up to stride 8, which is half the cost of a training step and settles first."""
        self.early_frozen = True
        for part in (self.stem, self.stage8):
            part.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "Backbone":
        super().train(mode)
        if self.early_frozen:
            self.stem.eval()
            self.stage8.eval()
        return self

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        c8 = self.stage8(self.stem(x))
        c16 = self.stage16(c8)
        return c8, c16, self.stage32(c16)
