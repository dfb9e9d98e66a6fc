"""PartsClassifier: the same backbone, average pooling, one linear layer."""

import torch
from torch import Tensor, nn

from .backbone import S32, Backbone


class Classifier(nn.Module):
    def __init__(self, classes: int):
        super().__init__()
        self.backbone = Backbone()
        self.linear = nn.Linear(S32, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.backbone(x)[2].mean((2, 3)))


class ClassifierGraph(nn.Module):
    """The exported output: probabilities."""

    def __init__(self, classifier: Classifier):
        super().__init__()
        self.classifier = classifier

    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(self.classifier(x), -1)
