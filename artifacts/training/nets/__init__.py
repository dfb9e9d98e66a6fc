"""The networks. One backbone, a head for each."""
