#!/bin/sh
# Checkpoints to finished packages: build.sh PYTHON CACHE DETECTOR.pt CLASSIFIER.pt
set -eu
cd "$(dirname "$0")"
for pair in "detector PartsDetector $3" "classifier PartsClassifier $4"; do
  set -- "$1" "$2" "$3" "$4" $pair
  folder="../models/$6"
  mkdir -p "$folder"
  "$1" export.py "$5" "$7" "$folder"
  "$1" quantize.py "$5" "$2" "$folder"
  "$1" package.py "$5" "$folder" ../samples
  "$1" check_package.py "$folder"
done
