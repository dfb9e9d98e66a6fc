"""Lambda functions of Greengrass V1 as components: see docs/migrating-v1.md of EdgeML."""
