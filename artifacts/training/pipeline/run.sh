#!/bin/sh
# The steps of infrastructure/training.yaml as plain commands on this machine: run.sh PYTHON FOLDER [PICTURES] [EPOCHS]
set -eu
python=$1 folder=$2 pictures=${3:-400} epochs=${4:-16}
here=$(dirname "$0")
"$python" "$here/preprocess.py" "$folder/data" --pictures "$pictures"
"$python" "$here/train.py" "$folder/data" "$folder/model" --epochs "$epochs"
"$python" "$here/evaluate.py" "$folder/data" "$folder/model/model.pt" "$folder/evaluated"
sh "$here/package.sh" "$folder/evaluated" "$folder/package"
npm run -s edgeml -- twin --build "$folder/package" --held-back "$folder/evaluated/held-back" --report "$folder/twin-report"
