#!/bin/bash
# What bash completes for the program: tools/install/vae.bash, with bash's own variables set as it sets them.
#
#     SOURCE=. VAE=build/vae tests/command/completion.sh
#
# Ends with "N passed, N failed" and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# shellcheck source=tools/install/vae.bash
. "$source/tools/install/vae.bash"

# answers EXPECTED WORD...: what the last of the words, with the cursor at its end, may become.
answers() {
    local expected=$1 found
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    COMPREPLY=(left from before)
    _vae
    found=$(printf '%s\n' "${COMPREPLY[@]-}" | LC_ALL=C sort | tr '\n' ' ')
    check "$*: expected \"$expected\", found \"${found% }\"" test "${found% }" = "$expected"
}

sorted() { # lines of standard input to words of a line
    LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'
}

mkdir listed
cd listed || exit 1
touch one.h5 two.hdf5 picture.png notes.txt 'two words.h5'
mkdir folder
touch folder/three.h5

check 'complete -F _vae vae' test "$(complete -p vae)" = 'complete -F _vae vae'

# ---- Commands and options: as the program tells them ----

commands=$("$VAE" --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')
check 'the program has commands' test -n "$commands"
answers "$(printf -- '--help\n--version\n%s\n' "$commands" | sorted)" "$VAE" ''
answers train "$VAE" trai
answers --version "$VAE" --v
answers '' "$VAE" nothing
for command in $commands; do
    options=$("$VAE" "$command" --help | grep -o '^  --[a-z0-9-]*' | tr -d ' ' | sorted)
    check "$command has options" test -n "$options"
    answers "$options" "$VAE" "$command" --
    answers --help "$VAE" "$command" --hel
done
answers '--epochs' "$VAE" train vae --data digits --ep
answers '--words' "$VAE" models --w
answers '--help --json' "$VAE" info one.h5 -

# ---- Arguments ----

models=$("$VAE" models | cut -d ' ' -f 1 | sorted)
check 'the program has models' test -n "$models"
answers "$models" "$VAE" train ''
answers cvae "$VAE" train cv
answers 'folder one.h5 two words.h5 two.hdf5' "$VAE" info ''
answers folder/three.h5 "$VAE" eval folder/
answers notes.txt "$VAE" eval no
answers "$("$VAE" models --help | grep -o '^  --[a-z0-9-]*' | tr -d ' ' | sorted)" "$VAE" models ''

# ---- Values of options ----

answers 'folder one.h5 picture.png two words.h5 two.hdf5' "$VAE" sample one.h5 --out ''
answers 'digits folder notes.txt one.h5 picture.png two words.h5 two.hdf5' "$VAE" eval one.h5 --data ''
answers 'two words.h5 two.hdf5' "$VAE" train --resume tw
answers '' "$VAE" train vae --epochs ''
answers 'all test train validation' "$VAE" eval one.h5 --split ''
answers 'test train' "$VAE" eval one.h5 --split t
answers 'bernoulli' "$VAE" train vae --likelihood b
for table in likelihood prior objective; do
    words=$("$VAE" models --words | sed -n "/^$table\$/,/^\$/s/^  \([^ ]*\).*/\1/p" | sorted)
    check "there are words: $table" test -n "$words"
    answers "$words" "$VAE" train vae --$table ''
done
answers 'dense' "$VAE" train vae --encoder den
# A flag takes nothing.
answers "$models" "$VAE" train --json ''

# "--name=value" as one word, and as bash breaks it at "=".
answers --split=validation "$VAE" eval one.h5 --split=v
answers validation "$VAE" eval one.h5 --split = v
answers 'all test train validation' "$VAE" eval one.h5 --split =
answers --out=picture.png "$VAE" sample one.h5 --out=pic

# ---- Which program is asked ----

answers '' ./no-such-program ''
answers '' ./notes.txt ''
# A program of one's own; with forms of help that no command of ours need have.
cat >mine <<END_OF_PROGRAM
#!/bin/sh
case \$1 in
models) echo 'mine  a variant of my own' ;;
look)
    printf 'usage: mine look [MODEL|FILE.h5] [options]\n\n'
    printf '  --missing error|mask|some-how  x\n  --condition NAME=class|values[:PATH]  y\n  --other N|PART  a or z\n'
    ;;
*) exec "$VAE" "\$@" ;;
esac
END_OF_PROGRAM
chmod +x mine
answers mine ./mine train ''
answers 'folder mine one.h5 two words.h5 two.hdf5' ./mine look ''
answers 'error mask some-how' ./mine look --missing ''
answers '' ./mine look --condition ''
answers 'a z' ./mine look --other ''
HOME=$PWD
# shellcheck disable=SC2088
answers mine '~/mine' train ''

finish
