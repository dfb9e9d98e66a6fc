#!/bin/sh
# Fourth step: golden cases, labels and baseline make a complete package of the model: package.sh EVALUATED OUT
# OUT/model.tar.gz is what the registry gets.
set -eu
npm run -s edgeml -- package --source "$1/source" --golden "$1"/golden/*.jpg --golden-seen --baseline "$1/reference" --output "$2"
cp "$2"/packages/*.tar.gz "$2/model.tar.gz"
