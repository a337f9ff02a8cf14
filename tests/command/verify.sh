#!/bin/sh
# vae verify: whole checkpoints, and the first fault of others.
#
#     SOURCE=. VAE=build/vae DAMAGE=build/tests/damage tests/command/verify.sh
#
# DAMAGE changes files; without it that part is skipped. Ends with the line "N passed, N failed" (", N skipped") and
# status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

does train vae --data digits:60 --epochs 2 --latent 2 --encoder 'dense 3' --decoder '' --batch 20 --out small.h5
# 5 tensors of the encoder and its heads … each with both moments.
told 0 '^small\.h5: whole: 24 tensors, [1-9][0-9]* values, 2 epochs, 6 steps$' verify small.h5
told 0 '^\{"path": "small.h5", "whole": true, "tensors": 24, "values": [0-9]+, "epochs": 2, "steps": 6\}$' verify small.h5 --json
check 'verifying changes nothing' test "$(ls)" = "$(printf '%s\n' small.h5 stderr stdout)"

told 2 'expected FILE.h5, found none' verify
told 1 '^vae verify: none\.h5: ' verify none.h5
told 1 '^vae verify: stdout: not an HDF5 file' verify stdout
head -c 5000 small.h5 >cut.h5
told 1 '^vae verify: cut\.h5: a damaged HDF5 file, or one cut short' verify cut.h5
told 1 'cut\.h5: a damaged HDF5 file' verify cut.h5 --json
check 'JSON of a fault: none' test ! -s stdout
finish
