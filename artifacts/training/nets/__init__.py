"""The two networks. One backbone, two heads."""
