#!/bin/sh
# Moves a program of Greengrass V1 over, as it is, and deploys it to the core that `npm start` runs. docs/tutorials/from-v1.md explains each step.
set -eu
cd "$(dirname "$0")/../.."

name=com.example.ImageClassification
moved=.edgeml/from-v1
rm -rf "$moved"
mkdir -p "$moved/recipes" "$moved/artifacts/$name/1.0.0" "$moved/application/images"

# 1. The connectors become configuration.
npm run -s edgeml -- migrate-v1 examples/from-v1/connectors.json --model imageClassification=PartsClassifier > "$moved/configuration.json"

# 2. The program and the modules that it imports become an artifact.
program=clients/python/examples/image-classification
cp "$program/recipe.yaml" "$moved/recipes/$name-1.0.0.yaml"
cp "$program/image_classification.py" "$moved/application"
cp -r clients/python/edgeml_sdk clients/python/greengrass_machine_learning_sdk "$moved/application"
cp artifacts/samples/part-gear.jpg "$moved/application/images/part.jpg"
(cd "$moved/application" && python3 -m zipfile -c "../artifacts/$name/1.0.0/application.zip" ./*)

# 3. Deploy both.
npm run -s edgeml -- local deploy --recipes "$moved/recipes" --artifacts "$moved/artifacts" \
  --config "$moved/configuration.json" "$name=1.0.0" "$@"
echo "Look at it: npm run -s edgeml -- local logs $name"
