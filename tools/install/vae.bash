# Completion for bash: commands, options, files, the variants that `train` takes, the words of the little language.
# shellcheck shell=bash
#
# The program itself is asked, by --help and models, so that nothing here goes stale, and a program of one's own around
# vae_main is completed too: complete -F _vae my-cvae

# _vae_commands PROGRAM: the lines "  train     train a model, ..." of its help.
_vae_commands() {
    local line
    while IFS= read -r line; do
        [[ $line =~ ^\ \ ([a-z][a-z0-9-]*)\ \ +[^\ ] ]] && echo "${BASH_REMATCH[1]}"
    done < <("$1" --help 2>/dev/null </dev/null)
}

# _vae_options PROGRAM COMMAND: of each option "--name", a tab, what stands behind it with a dash before it (for read
# takes two tabs as one), a tab, its help.
_vae_options() {
    local line
    while IFS= read -r line; do
        [[ $line =~ ^\ \ (--[a-z0-9-]+)(\ ([^\ ]+))?\ \ +(.*) ]] &&
            printf '%s\t-%s\t%s\n' "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}" "${BASH_REMATCH[4]}"
    done < <("$1" "$2" --help 2>/dev/null </dev/null)
}

# _vae_argument PROGRAM COMMAND: how the usage calls the one argument: "MODEL", "FILE.h5".
_vae_argument() {
    local line
    while IFS= read -r line; do
        [[ $line =~ ^usage:\ .*\ $2\ +\[?([A-Z][^][\ ]*) ]] && echo "${BASH_REMATCH[1]}"
    done < <("$1" "$2" --help 2>/dev/null </dev/null)
}

# _vae_words PROGRAM TABLE: a table of models --words.
_vae_words() {
    local line inside=
    while IFS= read -r line; do
        case $line in
        "$2") inside=yes ;;
        '  '*) [[ $inside && $line =~ ^\ +([^\ ]+) ]] && echo "${BASH_REMATCH[1]}" ;;
        *) inside= ;;
        esac
    done < <("$1" models --words 2>/dev/null </dev/null)
}

# _vae_listed TEXT: its words, one a line, where it is a list up to the first semicolon: "train, validation or test; ...".
_vae_listed() {
    local text=${1%%;*} rest item='[a-z][a-z0-9-]*'
    [[ $text =~ ^$item(,\ $item)*\ or\ $item$ || $text =~ ^$item(\|$item)+$ ]] || return
    rest=${text// or /, }
    rest=${rest//|/, }
    printf '%s\n' "${rest//, /$'\n'}"
}

# _vae_files WORD KIND: files that fit "FILE.png|FILE.h5" and folders; all files where the kind tells no ending, or
# where none fits.
_vae_files() {
    local ending file fits=() rest=$2
    while [[ $rest =~ FILE\.([a-z0-9]+)(.*) ]]; do
        ending=${BASH_REMATCH[1]} rest=${BASH_REMATCH[2]}
        [ "$ending" != h5 ] || ending='h5 hdf5'
        for ending in $ending; do
            while IFS= read -r file; do
                fits+=("$file")
            done < <(compgen -f -X "!*.$ending" -- "$1")
        done
    done
    if [ ${#fits[@]} = 0 ]; then
        compgen -f -- "$1"
    else
        printf '%s\n' "${fits[@]}"
        compgen -d -- "$1"
    fi
}

# _vae_values PROGRAM WORD KIND NAME HELP: what may stand for an option's or a command's KIND, one a line.
_vae_values() {
    local words=
    case $3 in
    *MODEL*) words=$("$1" models 2>/dev/null </dev/null | cut -d ' ' -f 1) ;;
    SRC) words=digits ;;
    PHRASE*)
        words=$(_vae_words "$1" "${4#--}")
        case $4 in --encoder | --decoder) words=$(_vae_words "$1" layer) ;; esac
        ;;
    *\|*) words=$(_vae_listed "$3") ;;
    esac
    [ -n "$words" ] || words=$(_vae_listed "$5")
    compgen -W "$words" -- "$2"
    case $3 in
    *FILE* | SRC | PATH) _vae_files "$2" "$3" ;;
    esac
}

# _vae_reply PREFIX: the lines of standard input are the answers.
_vae_reply() {
    local line
    while IFS= read -r line; do
        COMPREPLY+=("$1$line")
    done
}

# _vae_within PROGRAM COMMAND WORD OPTION PREFIX: behind the command; OPTION stands before the word, PREFIX in it.
_vae_within() {
    local name kind help names=
    while IFS=$'\t' read -r name kind help; do
        kind=${kind#-}
        if [ "$name" = "$4" ] && [ -n "$kind" ]; then
            [[ ! $kind =~ FILE|SRC|PATH ]] || compopt -o filenames 2>/dev/null
            _vae_reply "$5" < <(_vae_values "$1" "$3" "$kind" "$name" "$help")
            return
        fi
        names+="$name "
    done < <(_vae_options "$1" "$2")
    kind=$(_vae_argument "$1" "$2")
    if [[ $3 == -* || -z $kind ]]; then
        _vae_reply '' < <(compgen -W "$names" -- "$3")
    else
        [[ ! $kind =~ FILE|SRC ]] || compopt -o filenames 2>/dev/null
        _vae_reply '' < <(_vae_values "$1" "$3" "$kind" '' '')
    fi
}

_vae() {
    local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} prefix=
    program=${program/#\~\//$HOME/}
    COMPREPLY=()
    type -P -- "$program" >/dev/null || return 0
    if [ "$COMP_CWORD" = 1 ]; then
        _vae_reply '' < <(compgen -W "$(_vae_commands "$program") --help --version" -- "$word")
        return
    fi
    # "--name=value" is one word, or three where bash breaks words at "=".
    if [[ $word == --*=* ]]; then
        option=${word%%=*} prefix=${word%%=*}= word=${word#*=}
    elif [ "$word" = = ]; then
        word=
    elif [ "$option" = = ]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    _vae_within "$program" "${COMP_WORDS[1]}" "$word" "$option" "$prefix"
}

complete -F _vae vae
