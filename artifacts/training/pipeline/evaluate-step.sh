#!/bin/sh
# Evaluation and packaging in a job of Amazon SageMaker, which brings the checkpoint as model.tar.gz: evaluate-step.sh MIN_ACCURACY
set -eu
at=/opt/ml/processing
tar -xzf "$at"/model/model.tar.gz -C "$at/model"
cd /opt/edgeml
python3 artifacts/training/pipeline/evaluate.py "$at/data" "$at/model/model.pt" "$at/evaluated" --min-accuracy "$1"
sh artifacts/training/pipeline/package.sh "$at/evaluated" "$at/package"
