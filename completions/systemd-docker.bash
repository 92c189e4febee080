# shellcheck shell=bash
# bash completion of systemd-docker(1), for bash 4.4 and newer. It asks docker's client for what is on the host.

# What may stand behind a command, or behind none: commands, options, the options that a value follows, and the letters
# of the others.
_systemd_docker_behind() {
  commands=() options=() valued=() letters=()
  case $1 in
    # @PARTS@
    container) commands=(run) ;;
    *) return 1 ;;
  esac
}

# What completes the value of an option of a command, or the command's argument.
_systemd_docker_value() {
  case "$1 $2" in
    # @VALUES@
    'run '*) [[ " ${valued[*]} " == *" $2 "* ]] && _systemd_docker_ask __completeNoDesc run "$2" '' ;;
  esac
}

# Adds what docker's client prints. Names of images and containers are whatever somebody has called them: only what has
# no meaning to a shell gets into its line.
_systemd_docker_ask() {
  local word
  type -P docker >/dev/null || return
  while IFS= read -r word; do
    [[ $word =~ ^[A-Za-z0-9_./][A-Za-z0-9_./:@=+,-]*$ ]] && words+=("$word")
  done < <(command docker "$@" 2>/dev/null </dev/null)
}

_systemd_docker_images() {
  _systemd_docker_ask image ls --format '{{.Repository}}:{{.Tag}}'
}

_systemd_docker_containers() {
  _systemd_docker_ask container ls --all --format '{{.Names}}'
}

_systemd_docker() {
  local IFS=$' \t\n'
  local line=${COMP_LINE:0:COMP_POINT} typed=() words=() part word cur rest
  local command='' option='' given='' ended='' prefix=''
  local commands options valued letters
  COMPREPLY=()

  # bash takes words apart at = and : as well.
  for part in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    rest=${line#"${line%%[![:space:]]*}"}
    [[ ${#typed[@]} -eq 0 || $rest != "$line" ]] && typed+=('')
    typed[-1]+=${part:0:${#rest}}
    line=${rest:${#part}}
  done
  cur=${typed[-1]}

  _systemd_docker_behind ''
  for word in "${typed[@]:1:${#typed[@]}-2}"; do
    if [[ -n $option ]]; then
      option=''
    elif [[ -z $ended && $word == -- ]]; then
      ended=yes
    elif [[ -z $ended && $word == --* ]]; then
      given=yes
      [[ " ${valued[*]} " == *" $word "* ]] && option=$word
    elif [[ -z $ended && $word == -?* ]]; then
      given=yes
      for ((rest = 1; rest < ${#word}; rest++)); do
        part=${word:rest:1}
        [[ " ${letters[*]} " == *" -$part "* ]] && continue
        [[ " ${valued[*]} " == *" -$part "* && rest -eq ${#word}-1 ]] && option=-$part
        break
      done
    elif [[ $command == run ]]; then
      # What is behind the image is the container's.
      return
    elif [[ ${#commands[@]} -gt 0 ]]; then
      command=${command:+$command }$word given='' ended=''
      [[ $command == 'container run' ]] && command=run
      _systemd_docker_behind "$command" || return
    fi
  done

  if [[ -n $option ]]; then
    _systemd_docker_value "$command" "$option"
  elif [[ -z $ended && $cur == --*=* ]]; then
    prefix=${cur%%=*}=
    _systemd_docker_value "$command" "${cur%%=*}"
  elif [[ -z $ended && $cur == -* ]]; then
    words=("${options[@]}")
  elif [[ -z $command && -n $given ]]; then
    words=(run)
  else
    words=("${commands[@]}")
    _systemd_docker_value "$command" ''
  fi

  # bash replaces only what is behind the last place where it takes words apart, which is its second argument.
  for word in "${words[@]}"; do
    word=$prefix$word
    [[ $word == "$cur"* && $cur == *"$2" ]] && COMPREPLY+=("${word#"${cur%"$2"}"}")
  done
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:/] ]] && compopt -o nospace
}

complete -F _systemd_docker systemd-docker
