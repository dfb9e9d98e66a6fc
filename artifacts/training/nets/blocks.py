"""Two building blocks. ReLU only: it costs nothing to quantize."""

from torch import Tensor, nn


class ConvNorm(nn.Sequential):
    """Convolution, batch norm and, unless it is the linear half of a block, ReLU."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1, pad: int | None = None, act: bool = True):
        pad = kernel // 2 if pad is None else pad
        layers: list[nn.Module] = [nn.Conv2d(cin, cout, kernel, stride, pad, groups=groups, bias=False), nn.BatchNorm2d(cout)]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if act else []))


class Separable(nn.Module):
    """Depthwise 5x5 for shape, pointwise for channels; a residual where the size allows it.

    The depthwise half has no activation: with few channels every ReLU between the two loses information.
    """

    def __init__(self, cin: int, cout: int, stride: int = 1, kernel: int = 5):
        super().__init__()
        self.depthwise = ConvNorm(cin, cin, kernel, stride, groups=cin, act=False)
        self.pointwise = ConvNorm(cin, cout, 1)
        self.residual = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        y = self.pointwise(self.depthwise(x))
        return x + y if self.residual else y
