#!/bin/sh
# Bad input to the command line, case by case: the exit status, one line on standard error with the expected words, and
# no output left behind.
#
#     SOURCE=. VAE=build/vae DAMAGE=build/damage tests/command/bad_input.sh
#
# DAMAGE is the program of damage.c, which spoils good checkpoints; without it those cases are skipped. Ends with the
# line "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# stays FILE: what stood at FILE before must stand there still; FILE.kept is its copy.
stays() {
    check "$1 after a refusal" cmp "$1" "$1.kept"
}

# ---- Files ----

# Numbers as IDX has them: 32 bits, the highest byte first.
words32() {
    for number; do
        printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $((number >> 24 & 255)) $((number >> 16 & 255)) \
            $((number >> 8 & 255)) $((number & 255)))"
    done
}

images() { # ROWS HEIGHT WIDTH
    words32 2051 "$1" "$2" "$3"
    head -c $(($1 * $2 * $3)) /dev/zero
}

labels() { # ROWS CLASS: half of them 0, half of them CLASS
    words32 2049 "$1"
    row=0
    while [ $row -lt "$1" ]; do
        printf "$(printf '\\%03o' $((row % 2 * $2)))"
        row=$((row + 1))
    done
}

folder() { # NAME HEIGHT WIDTH CLASS: a good data set
    mkdir "$1"
    images 20 "$2" "$3" >"$1/train-images-idx3-ubyte"
    labels 20 "$4" >"$1/train-labels-idx1-ubyte"
    images 10 "$2" "$3" >"$1/t10k-images-idx3-ubyte"
    labels 10 "$4" >"$1/t10k-labels-idx1-ubyte"
}

folder good 4 4 3
folder wide 4 5 3
folder classes 4 4 9
mkdir empty
good="--data good --epochs 1"

# ---- Commands, options, numbers ----

refused 2 'expected a command'
refused 2 '"trian": no such command.*did you mean train' trian
refused 2 '"": no such command' ''
refused 2 '--help lists them|no such command' -x
refused 2 'expected nothing behind --version, found "junk"' --version junk
refused 2 'expected nothing behind --help, found "train"' --help train
refused 2 'expected MODEL, or --resume' train $good --out out.h5
refused 2 '"cvea": no such model; did you mean cvae' train cvea $good --out out.h5
refused 2 '"transformer": no such model' train transformer $good --out out.h5
refused 2 'expected one MODEL, found "cvae" behind "vae"' train vae cvae $good --out out.h5
refused 2 '--epoch: no such option; did you mean --epochs' train vae --data good --epoch 1 --out out.h5
refused 2 '--frobnicate: no such option' train vae $good --out out.h5 --frobnicate
refused 2 '-x: no such option' train vae $good --out out.h5 -x
refused 2 '--seed: given twice' train vae $good --out out.h5 --seed 1 --seed 1
refused 2 '--out: expected FILE.h5 behind it, found the end' train vae $good --out
refused 2 '--out: expected FILE.h5 behind it, found the option --data' train vae --out --data good
refused 2 '--out: expected FILE.h5, found an empty' train vae $good --out=
refused 2 '--json: takes no value' train vae $good --out out.h5 --json=yes
refused 2 'expected --data SRC' train vae --out out.h5
refused 2 'expected --out FILE.h5' train vae --data good
refused 2 'expected options alone, found "vae"' models vae
for number in 12x -3 0 1e99 1e3 nan inf '' ' 5' '5 ' 0x10 99999999999999999999 1.5; do
    refused 2 '--epochs: expected a whole number from 1 to' train vae --data good --out out.h5 --epochs "$number"
done
for number in 12x -3 0 1e99 1e999 nan inf '' ' 1' 0x1p3 1e 0,5; do
    refused 2 '--learning-rate: expected a number from' train vae $good --out out.h5 --learning-rate "$number"
done
for number in -1 1.0 1e-9x nan 1.5 -0.1 0. ''; do
    refused 2 '--validation: expected a whole number .* or a fraction' train vae $good --out out.h5 --validation "$number"
done
refused 2 '--batch: expected a whole number from 1' train vae $good --out out.h5 --batch 0
refused 2 '--precision: expected float32 or bf16, found "half"' train vae $good --out out.h5 --precision half
refused 2 '--latent: expected a whole number from 1' train vae $good --out out.h5 --latent 0
refused 2 '--threads: expected a whole number from 0' train vae $good --out out.h5 --threads -1
refused 2 '--seed: expected a whole number from 0' train vae $good --out out.h5 --seed -1
refused 1 '--validation: expected 1 to 19 of 20 training rows, found "20"' train vae $good --out out.h5 --validation 20
refused 1 'found "0.001", which is none of them' train vae $good --out out.h5 --validation 0.001
refused 1 'found "0.999", which is all of them' train vae $good --out out.h5 --validation 0.999
refused 1 'expected 2 training rows or more to hold some out, found 1' train vae --data digits:1 --epochs 1 \
    --out out.h5 --validation 1

# ---- Words of the little language ----

refused 2 'vae: encoder: .*"dens": no such layer' train vae $good --out out.h5 --encoder 'dens 500 relu'
refused 2 'vae: encoder: layer 2.*UNITS' train vae $good --out out.h5 --encoder 'dense 5 relu, dense -5 relu'
refused 2 'vae: decoder: .*rleu' train vae $good --out out.h5 --decoder 'dense 5 rleu'
refused 2 'vae: likelihood: .*"poison"' train vae $good --out out.h5 --likelihood poison
refused 2 'vae: likelihood: .*sigma' train vae $good --out out.h5 --likelihood 'gaussian sigma=-1'
refused 2 'vae: transform: .*"units"' train vae $good --out out.h5 --transform units
refused 2 'vae: posterior: .*"gauss"' train vae $good --out out.h5 --posterior gauss
refused 2 'vae: prior: .*"flat"' train vae $good --out out.h5 --prior flat
refused 2 'vae: objective: .*"elob"' train vae $good --out out.h5 --objective elob
refused 2 'vae: objective: iwae: samples is missing' train vae $good --out out.h5 --objective iwae

# ---- Data ----

train() { # WORDS SRC [MODEL]
    refused 1 "$1" train "${3:-vae}" --data "$2" --epochs 1 --out out.h5
}
copy() { # NAME: a copy of the good data to spoil
    rm -rf spoilt
    cp -r good spoilt
    rm "spoilt/$1"
}

train 'nowhere.*expected' nowhere
train 'good/train-images-idx3-ubyte.*found a file' good/train-images-idx3-ubyte
train 'empty.*train-images-idx3-ubyte' empty
for number in 0 12x -3 99999999999999999999 ''; do
    refused 2 "digits:$number: expected digits:N" train vae --data "digits:$number" --epochs 1 --out out.h5
done

mkdir spoilt
copy train-images-idx3-ubyte
images 20 4 4 | gzip | head -c 25 >spoilt/train-images-idx3-ubyte.gz
train 'train-images-idx3-ubyte.gz.*(gzip|end|truncated|cut)' spoilt
copy train-images-idx3-ubyte
images 20 4 4 >spoilt/train-images-idx3-ubyte.gz
train 'train-images-idx3-ubyte.gz.*gzip' spoilt
copy train-images-idx3-ubyte
{ words32 2052 20 4 4 && head -c 320 /dev/zero; } >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*magic|train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
: >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
words32 2051 4294967295 4294967295 4294967295 >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
words32 2051 0 4 4 >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
words32 2051 2000000000 28 28 | gzip >spoilt/train-images-idx3-ubyte.gz
train 'train-images-idx3-ubyte.gz' spoilt
copy train-images-idx3-ubyte
images 20 4 4 | head -c 300 >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
{ images 20 4 4 && printf x; } >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
{ images 20 4 4 && printf x; } | gzip >spoilt/train-images-idx3-ubyte.gz
train 'train-images-idx3-ubyte.gz.*expected' spoilt
copy train-labels-idx1-ubyte
labels 19 3 >spoilt/train-labels-idx1-ubyte
train 'train-(labels|images)-idx.*(19|20).*(19|20)' spoilt
copy train-labels-idx1-ubyte
train 'condition "digit", found no such field: train-labels-idx1-ubyte\[.gz\] is not there' spoilt cvae
copy t10k-labels-idx1-ubyte
train 'condition "digit", found no such field: t10k-labels-idx1-ubyte\[.gz\] is not there' spoilt cvae
: >closed
chmod 0 closed
if [ -r closed ]; then
    skip 'an unreadable file: this user reads all'
else
    rm -rf spoilt && cp -r good spoilt && chmod 0 spoilt/train-images-idx3-ubyte
    train 'train-images-idx3-ubyte.*[Pp]ermission' spoilt
fi

# ---- Where the result goes ----

: >file
refused 1 'folder missing.*No such file' train vae $good --out missing/out.h5
refused 1 '(expected file to be a folder|Not a directory)' train vae $good --out file/out.h5
refused 1 'expected a file to write, found a folder' train vae $good --out empty
refused 1 'found a folder' train vae $good --out empty/
ln -s nowhere.h5 link.h5
refused 1 'link.h5: cannot follow this link: No such file' train vae $good --out link.h5
long=$(head -c 250 /dev/zero | tr '\0' x)
refused 1 'File name too long' train vae $good --out "$long"
# A path of a message's length: what is wrong stands at the end.
deep=$(head -c 200 /dev/zero | tr '\0' y)
mkdir -p "$deep/$deep/$deep"
cp good/train-images-idx3-ubyte "$deep/$deep/$deep/"
printf x >>"$deep/$deep/$deep/train-images-idx3-ubyte"
train '^vae train: yyy.* \.\.\. .*expected 336 bytes for 20 × 4 × 4, found 337$' "$deep/$deep/$deep"
mkfifo pipe
refused 1 'special file' train vae $good --out pipe
echo 'dear diary' >diary.h5
cp diary.h5 diary.h5.kept
refused 1 'found a file of another kind' train vae $good --out diary.h5
stays diary.h5
if [ -r closed ]; then
    refused 1 'folder /proc: cannot be written' train vae $good --out /proc/out.h5
else
    mkdir shut && chmod 555 shut
    refused 1 'shut.*cannot be written.*[Pp]ermission' train vae $good --out shut/out.h5
    refused 1 'shut.*cannot be written.*[Pp]ermission' sample none.h5 --out shut/out.png
fi
refused 2 'ends in .png, .h5 or .hdf5, found "out.jpg"' sample none.h5 --out out.jpg
refused 2 'expected --out' sample none.h5
refused 1 'folder missing' sample none.h5 --out missing/out.png

# ---- Checkpoints ----

vae train cvae --data good --epochs 1 --latent 2 --encoder 'dense 8 relu' --decoder 'dense 8 relu' \
    --out model.h5 || fail 'vae train cvae'
vae train vae --data good --epochs 1 --latent 2 --encoder 'dense 8 relu' --decoder 'dense 8 relu' \
    --out plain.h5 || fail 'vae train vae'
cp model.h5 model.h5.kept

# each WORDS FILE: every command that reads a checkpoint refuses it.
each() {
    refused 1 "$1" info "$2"
    refused 1 "$1" eval "$2" --data good
    refused 1 "$1" sample "$2" --out out.png
    refused 1 "$1" train --resume "$2" --epochs 2
}

each 'none.h5.*No such file' none.h5
each 'empty.*folder' empty
each 'diary.h5: (expected|not an HDF5 file)' diary.h5
each 'file: (expected|not an HDF5 file)' file
head -c 3000 model.h5 >cut.h5
each 'cut.h5: ' cut.h5
{ head -c 100 model.h5 && head -c 5000 /dev/urandom; } >noise.h5
each 'noise.h5: ' noise.h5
if [ -n "$DAMAGE" ]; then
    for fault in newer-version other-format missing-tensor wrong-shape wrong-type wrong-checksum wrong-declaration \
        soft-link extra-filter variable-string not-a-checkpoint; do
        cp model.h5 spoilt.h5
        "$DAMAGE" "$fault" spoilt.h5 || exit 1
        each 'spoilt.h5: .*(expected|found|refused|not a libvae checkpoint)' spoilt.h5
        cp spoilt.h5 spoilt.h5.kept
        refused 1 'expected .*libvae samples.*, found (a libvae checkpoint|an HDF5 file of another kind)' \
            sample model.h5 --out spoilt.h5
        stays spoilt.h5
        case $fault in
        newer-version) refused 1 'version.*2' info spoilt.h5 ;;
        wrong-shape | missing-tensor) refused 1 'decoder/0/weight' info spoilt.h5 ;;
        wrong-checksum) refused 1 'decoder/0/weight.*(crc32|checksum)' info spoilt.h5 ;;
        not-a-checkpoint)
            cp spoilt.h5 spoilt.h5.kept
            refused 1 'libvae checkpoint to replace: spoilt.h5: not a libvae checkpoint' train vae $good --out spoilt.h5
            stays spoilt.h5
            ;;
        esac
    done
else
    skip 'checkpoints with a fault inside: no DAMAGE program'
fi

refused 2 '--split: expected train, validation, test or all' eval model.h5 --data good --split tset
refused 2 'expected --data SRC' eval model.h5
refused 2 'expected FILE.h5, found none' eval --data good
refused 1 'expected validation rows, found none; there are train 20, test 10' eval model.h5 --data good --split validation
mkdir single && cp good/train-* single
refused 2 'expected --split, .*train 20' eval model.h5 --data single
refused 1 '4.*5' eval model.h5 --data wide
refused 1 '(class|digit).*9' eval model.h5 --data classes
refused 1 'classes: expected the data that the training began with .*good, digest' train --resume model.h5 --epochs 2 --data classes
refused 2 '--samples: expected a whole number' eval model.h5 --data good --samples -1
refused 2 '--class: expected a class from 0 to 3, found 4' sample model.h5 --out out.png --class 4
refused 2 '--class: expected a whole number' sample model.h5 --out out.png --class x
refused 2 '--class: expected a model with classes' sample plain.h5 --out out.png --class 0
refused 2 '--count: expected a whole number from 1' sample model.h5 --out out.png --count 0
refused 2 '--count: expected a whole number from 1 to 10000000,' sample model.h5 --out out.png --count 10000001
refused 2 'out.png: picture: expected sides of at most' sample model.h5 --out out.png --count 10000000
refused 2 '--temperature: expected a number' sample model.h5 --out out.png --temperature -1
refused 1 'found a libvae checkpoint' sample model.h5 --out model.h5
refused 1 'found a file of another kind' sample model.h5 --out diary.h5
refused 2 '--batch cannot change with --resume' train --resume model.h5 --epochs 2 --batch 64
refused 2 '--encoder cannot change with --resume' train --resume model.h5 --epochs 2 --encoder 'dense 3'
refused 2 'MODEL cannot change with --resume' train vae --resume model.h5 --epochs 2
mv good moved
refused 1 'good: expected .*; --data tells where the same data lies now' train --resume model.h5 --epochs 2
mv moved good
# What a file has that a terminal would obey is printed as '?'.
[ -z "$DAMAGE" ] || {
    cp model.h5 loud.h5 && "$DAMAGE" control-characters loud.h5
    about 'info of a loud checkpoint'
    vae info loud.h5
    grep -q 'loud?\[31m' stdout || complain 'expected the control character as ?'
    tr -d '\n' <stdout | grep -q '[[:cntrl:]]' && complain 'found control characters'
    count
}
stays model.h5
stays diary.h5

# ---- Output that is not read, files that are too large ----

# ended WHAT STATUS WORDS: so it has, its status in $found, with a line of these words in the file stderr.
ended() {
    about "$1"
    [ "$found" = "$2" ] || complain "expected status $2, found $found"
    [ "$(grep -Ec -e "$3" stderr)" = 1 ] || complain "expected the words \"$3\""
    count
}
small="train vae --data good --latent 2 --encoder= --decoder= --out piped.h5"
{ sleep 1; "$VAE" $small --epochs 40 2>stderr; echo $? >status; } | :
found=$(cat status)
ended 'training whose lines nobody reads' 1 'cannot be written: Broken pipe; the checkpoint is kept'
told 0 '^training    40 epochs' info piped.h5
# A lower limit would be an OpenMP library's as well: some share a small file between their threads.
rm -f piped.h5
(ulimit -f 20 && "$VAE" $small --epochs 1 >/dev/null 2>pipe.err 3>&-)
found=$?
mv pipe.err stderr
ended 'a file beyond the limit of its size' 1 'piped.h5: cannot write: File too large'
check 'nothing beside it' test -z "$(find . -name 'piped.h5*')"
# A command line as a shell takes it.
vae train vae --data good --epochs 1 --latent 2 --encoder= --decoder= --out "it's.h5" || fail "a file it's.h5"
told 0 "--encoder= --decoder= --out 'it'\\\\''s.h5'\$" info "it's.h5"
cp model.h5 done.h5
told 0 '1 epoch: nothing was left to do' train --resume done.h5 --epochs 1
# To the total that was asked for before.
told 0 '1 epoch: nothing was left to do' train --resume done.h5
vae sample model.h5 --out samples.h5 --count 1 || fail 'samples to replace'
told 0 'samples.h5: 40 samples' sample model.h5 --out samples.h5
# In a container every run may have the number of the one that was killed while it had a look at the folder.
sh -c 'touch "again.h5.$$-000000000000.tmp" && exec "$0" train vae --data good --epochs 1 --latent 2 --encoder= \
    --decoder= --out again.h5' "$VAE" >stdout 2>stderr
check 'a name that a killed process of the same number left' [ $? = 0 ]
check 'it is swept up' test "$(echo again.h5*)" = again.h5

finish
