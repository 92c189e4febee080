# fish completion of systemd-docker(1). It asks docker's client for what is on the host.

# Whether the cursor is behind these words of a command, or before any command where they are empty.
function __systemd_docker_behind -a asked
    set -l command ''
    set -l value
    set -l ended
    set -l commands
    set -l valued
    set -l letters
    for word in (commandline -opc)[2..]
        set commands
        set valued
        set letters
        switch "$command"
            # @PARTS@
            case container
                set commands run
            case '*'
                return 1
        end
        if set -q value[1]
            set -e value
        else if not set -q ended[1]; and test "$word" = --
            set ended yes
        else if not set -q ended[1]; and string match -q -- '--*' $word
            contains -- $word $valued; and set value yes
        else if not set -q ended[1]; and string match -q -- '-?*' $word
            set -l given (string split '' -- (string sub -s 2 -- $word))
            for index in (seq (count $given))
                contains -- -$given[$index] $letters; and continue
                contains -- -$given[$index] $valued; and test $index -eq (count $given); and set value yes
                break
            end
        else if test "$command" = run
            # What is behind the image is the container's.
            return 1
        else if set -q commands[1]
            set command (string trim -- "$command $word")
            test "$command" = 'container run'; and set command run
            set -e ended
        end
    end
    test "$command" = "$asked"
end

function __systemd_docker_first
    test (count (commandline -opc)) -eq 1
end

# Prints what docker's client prints. Names of images and containers are whatever somebody has called them: only what has
# no meaning to a shell gets into its line.
function __systemd_docker_ask
    command -q docker; or return
    command docker $argv 2>/dev/null </dev/null | string match -r '^[A-Za-z0-9_./][A-Za-z0-9_./:@=+,-]*$'
end

complete -c systemd-docker -f
# @COMPLETIONS@
