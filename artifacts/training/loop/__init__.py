"""Pictures of a world that changes, and a packaged detector that learns from it: see "Learning on" in README.md."""
