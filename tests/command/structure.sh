#!/bin/sh
# The structure of a model on the command line: parts of x, layers of conditions and where they enter, learned priors,
# hierarchies, regressions; what becomes of them in every command, and what is wrong usage.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/structure.sh
#
# PYTHON has h5py and numpy; without it some is skipped. Ends with the line "N passed, N failed" (", N skipped") and
# status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# trained FILE MODEL ARGUMENT...: one epoch of a small model.
trained() {
    file=$1
    shift
    told 0 'kept    '"$file"': 1 epoch, 3 steps' train "$@" --data digits:120 --epochs 1 --batch 50 --threads 1 \
        --out "$file"
}
small() {
    trained "$@" --latent 3 --encoder 'dense 16 relu' --decoder 'dense 16 relu'
}

# ---- A part of x, layers, a learned prior ----

small part.h5 cvae --seen 'quadrants 1' --prior gaussian --prior-layers 'dense 8 relu' \
    --condition-layers 'seen=dense 6 tanh' --condition-encoder 'seen=dense 5' --condition-prior 'digit=dense 3' \
    --condition-decoder 'digit=dense 4' --condition-enters 'seen=encoder 1, prior'
for line in '^  condition   seen, image 28 × 28, transform unit, binarize$' '^    of_x           quadrants 1$' \
    '^    enters         encoder 1, prior$' '^    layers         dense 6 tanh$' '^    encoder_layers dense 5$' \
    '^    prior_layers   dense 3$' '^    decoder_layers dense 4$' '^  prior       gaussian$' \
    '^  prior_layers dense 8 relu$' '^  conditions/seen/0/weight_seen  *4704  784 × 6$' \
    '^  conditions/seen/encoder/0/weight_seen  *30  6 × 5$' '^  encoder/mean/weight_seen  *15  5 × 3$' \
    '^  conditions/digit/prior/0/weight_digit  *30  10 × 3$' '^  prior/0/weight_digit  *24  3 × 8$' \
    '^  prior/mean/weight  *24  8 × 3$'; do
    told 0 "$line" info part.h5
done
told 0 '"name": "seen", "kind": "image", .*"of_x": "quadrants 1", "enters": "encoder 1, prior", "layers": "dense 6 tanh", "encoder_layers": "dense 5"}' \
    info part.h5 --json
told 0 '"prior": "gaussian", "prior_layers": "dense 8 relu"' info part.h5 --json
told 0 '^part.h5: whole: ' verify part.h5
told 0 '^observed  *588\.0 of 784 values of an example$' eval part.h5 --data digits:120 --samples 5
told 0 '^e.h5: 20 rows of test, 3 latents each$' encode part.h5 --data digits:120 --out e.h5
told 0 '^d.h5: 20 rows decoded$' decode part.h5 --latents e.h5 --out d.h5
told 0 '' reconstruct part.h5 --data digits:120 --out c.h5
told 1 'cvae: expected conditions that can be typed, found the image "seen"' sample part.h5 --out none.h5
told 0 'is within 1e-06 of finite differences$' check part.h5 --data digits:120
told 0 '' graph part.h5 --which training --out g.dot
check 'the drawing has the layers of conditions' grep -q 'conditions/seen/encoder/0' g.dot

# Resumed, it is what it would have been.
told 0 'kept    whole.h5: 2 epochs' train cvae --data digits:120 --epochs 2 --batch 50 --threads 2 --latent 3 \
    --encoder 'dense 16 relu' --decoder 'dense 16 relu' --seen 'quadrants 1' --prior gaussian \
    --prior-layers 'dense 8 relu' --condition-layers 'seen=dense 6 tanh' --condition-encoder 'seen=dense 5' \
    --condition-prior 'digit=dense 3' --condition-decoder 'digit=dense 4' --condition-enters 'seen=encoder 1, prior' \
    --out whole.h5
told 0 'kept    part.h5: 2 epochs, 6 steps' train --resume part.h5 --epochs 2
"$VAE" eval part.h5 --data digits:120 --samples 5 --json >part.json
"$VAE" eval whole.h5 --data digits:120 --samples 5 --json >whole.json
check 'the same figures' cmp -s part.json whole.json
told 2 '^vae train: --seen cannot change with --resume$' train --resume part.h5 --seen 'rows 0 1'
told 2 '^vae train: --prior-layers cannot change with --resume$' train --resume part.h5 --prior-layers 'dense 4'
told 2 '^vae train: --condition-enters cannot change with --resume$' train --resume part.h5 \
    --condition-enters 'seen=prior'

# In the place of a variant's own part; a class by layers of its own.
small other.h5 sohn-baseline --seen ' columns  3 5,rows 27 27'
told 0 '^    of_x           columns 3 5, rows 27 27$' info other.h5
small class.h5 cvae --condition-layers 'digit=dense 4 tanh' --condition-enters 'digit=decoder 1'
told 0 '^  decoder/logits/weight_digit  *3136  4 × 784$' info class.h5
told 0 '' sample class.h5 --count 2 --out s.png
told 0 '' sample class.h5 --class 3 --out s.h5

# ---- A regression ----

small regression.h5 cvae --seen 'columns 0 13' --objective none
told 0 '^  objective   none$' info regression.h5
check 'nothing of z is told' [ "$(grep -Ec '^  (latent|encoder|posterior|prior) ' stdout)" = 0 ]
told 0 '"latents": \[\], "encoder": null' info regression.h5 --json
told 0 '^regression.h5: whole: ' verify regression.h5
told 0 '^kl  *0\.000' eval regression.h5 --data digits:120 --samples 5
check 'no latents, so none are active' [ "$(grep -c '^active' stdout)" = 0 ]
told 0 '^ok ' check regression.h5 --data digits:120
told 0 '' reconstruct regression.h5 --data digits:120 --out r.png
told 1 '^vae encode: cvae: objective: "none" is without z, which there is nothing to encode to$' encode regression.h5 \
    --data digits:120 --out none.h5
told 1 '^vae decode: cvae: objective: "none" is without z, which there is nothing to decode from$' decode regression.h5 \
    --latents e.h5 --out none.h5
told 0 'kept    regression.h5: 2 epochs' train --resume regression.h5 --epochs 2
small answers.h5 cvae --objective none
told 0 '' sample answers.h5 --count 1 --out s.h5
if python_has 'h5py'; then
    holds 'without z there is no z' <<'END'
import h5py
with h5py.File("s.h5") as f:
    assert "x" in f and "z" not in f, list(f)
END
fi
told 0 '' sample answers.h5 --count 1 --draw --out s.png

# ---- A hierarchy ----

trained layers.h5 iwae-2 --encoder 'dense 16 tanh' --decoder 'dense 16 tanh' --latent 5
told 0 '^  latent      50 dimensions$' info layers.h5
told 0 '^  encoder2/mean/weight ' info layers.h5
told 0 '"latents": \[5, 50\], "latent2_encoder": "dense 100 tanh, dense 100 tanh", "latent2_decoder": "dense 100 tanh, dense 100 tanh"' \
    info layers.h5 --json
told 0 '^nll ' eval layers.h5 --data digits:120 --samples 5
told 0 ', 5 latents each$' encode layers.h5 --data digits:120 --out z.h5
told 0 '' sample layers.h5 --count 4 --out s.png
told 0 '^layers.h5: whole: ' verify layers.h5
told 0 'kept    layers.h5: 2 epochs' train --resume layers.h5 --epochs 2
told 1 'wants the KL of each dimension of z, which a hierarchy does not give$' train iwae-2 --data digits:120 \
    --objective 'elbo free-bits=0.1' --out none.h5

# ---- Wrong usage ----

# wrong STATUS WORDS ARGUMENT...: training is refused, before it begins.
wrong() {
    status=$1 words=$2
    shift 2
    refused "$status" "$words" train "$@" --data digits:120 --out none.h5
}
wrong 1 '^vae train: vae: condition "seen": of x: part of x 1: COUNT: expected a whole number from 1 to 3, found "4"$' \
    vae --seen 'quadrants 4'
wrong 1 '^vae train: vae: condition "seen": of x: columns: FIRST: expected 0 to 27, found 30$' vae --seen 'columns 30 31'
wrong 1 'to be seen and some hidden, found 784 seen$' vae --seen 'rows 0 27'
wrong 1 '^vae train: vae: condition "seen": transform: expected none of a part of x' vae --seen 'rows 0 1' \
    --condition-transform seen=unit
for option in layers encoder decoder prior enters transform; do
    wrong 2 "^vae train: --condition-$option: vae has no condition \"seen\"\$" vae --condition-$option 'seen=dense 4'
    wrong 2 "^vae train: --condition-$option: expected NAME=PHRASES, found \"seen\"\$" vae --seen 'rows 0 1' \
        --condition-$option seen
    wrong 2 "^vae train: --condition-$option seen: given twice, expected once\$" vae --seen 'rows 0 1' \
        --condition-$option 'seen=dense 4' --condition-$option 'seen=dense 5'
done
wrong 2 'enters: network 1: "decider": no such network; there are encoder, decoder, prior$' vae --seen 'rows 0 1' \
    --condition-enters seen=decider
wrong 2 'encoder layers: expected a condition that enters the encoder, found one that does not$' cvae \
    --condition-enters digit=decoder --condition-encoder 'digit=dense 4'
wrong 2 'prior layers: expected a prior that is learned, found "standard-normal"$' cvae --prior-layers 'dense 4'
wrong 2 'prior layers: expected a condition that enters the prior at its first layer, found none$' vae \
    --prior gaussian --prior-layers 'dense 4'
wrong 2 '"none" is without z: expected a condition that enters the decoder at its first layer, found none$' vae \
    --objective none
refused 2 '^vae check: --seen: expected a variant beside it, found the checkpoint part.h5' check part.h5 \
    --data digits:120 --seen 'rows 0 1'
told 0 '^  rectangle TOP LEFT BOTTOM RIGHT ' models --words
told 0 '^  prior \[LAYER\] ' models --words

# ---- What is in the files ----

if python_has 'h5py, numpy'; then
    holds 'what is seen is in its place, decoded or reconstructed, and given beside' <<'END'
import h5py, numpy as np
seen = np.zeros((28, 28), bool)
seen[14:, :14] = True
encoded, decoded, completed = h5py.File("e.h5"), h5py.File("d.h5"), h5py.File("c.h5")
given = encoded["seen"][()]
assert given.shape == (20, 28, 28) and given.dtype == np.uint8 and given.max() == 255
assert np.abs(decoded["x"][()] - given / 255)[:, seen].max() < 1e-6
assert np.abs(decoded["x"][()] - given / 255)[:, ~seen].max() > 0.3
x, back = completed["x"][()].reshape(-1, 28, 28), completed["reconstruction"][()].reshape(-1, 28, 28)
assert np.array_equal(x[:, seen], back[:, seen])
END
    holds 'the declaration of a checkpoint' <<'END'
import h5py
part, layers = h5py.File("part.h5"), h5py.File("layers.h5")
assert part["model"].attrs["prior_layers"] == b"dense 8 relu"
attributes = part["fields/seen"].attrs
assert attributes["of_x"] == b"quadrants 1" and attributes["enters"] == b"encoder 1, prior"
assert attributes["layers"] == b"dense 6 tanh" and attributes["encoder_layers"] == b"dense 5"
assert "prior_layers" not in attributes and "path" not in attributes
assert part["parameters/conditions/seen/encoder/0/weight_seen"].shape == (6, 5)
assert list(layers["model"].attrs["latent_sizes"]) == [5, 50]
assert layers["model"].attrs["latent2_encoder"] == b"dense 100 tanh, dense 100 tanh"
assert "latent_sizes" not in h5py.File("regression.h5")["model"].attrs
END
    holds 'sampled without z' <<'END'
import h5py
with h5py.File("s.h5") as f:
    assert f["x"].shape == (10, 28, 28) and f["digit"].shape == (10,), dict(f)
END
else
    skip 'no python with h5py'
fi
finish
