// A double of the k3s binary for nodes without images and registries: the command line, files, tokens, certificates and
// refusals of k3s, and as much of the Kubernetes API as installing, joining, draining and restoring needs. It runs no
// pods. Which flags and keys it takes is data (accepted.json, from lib/src/k3s/accepted-keys.ts). Only for tests.
//
// Its version stands in the last line of the binary itself, so that a test makes any version by appending a line.
package main

import (
	"fmt"
	"os"
	"strings"
)

const defaultVersion = "v1.34.9+k3s1"

// The line that a test appends: "k3s-double-version v1.35.1+k3s1".
func version() string {
	self, err := os.Executable()
	if err != nil {
		return defaultVersion
	}
	file, err := os.Open(self)
	if err != nil {
		return defaultVersion
	}
	defer file.Close()
	tail := make([]byte, 128)
	info, err := file.Stat()
	if err != nil || info.Size() < 128 {
		return defaultVersion
	}
	if _, err := file.ReadAt(tail, info.Size()-128); err != nil {
		return defaultVersion
	}
	text := string(tail)
	const mark = "k3s-double-" + "version "
	at := strings.LastIndex(text, mark)
	if at < 0 {
		return defaultVersion
	}
	return strings.TrimSpace(text[at+len(mark):])
}

func fatal(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "level=fatal msg=%q\n", fmt.Sprintf(format, values...))
	os.Exit(1)
}

func logError(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "level=error msg=%q\n", fmt.Sprintf(format, values...))
}

func logInfo(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "level=info msg=%q\n", fmt.Sprintf(format, values...))
}

func main() {
	verb := ""
	if len(os.Args) > 1 {
		verb = os.Args[1]
	}
	switch verb {
	case "--version", "-v":
		fmt.Printf("k3s version %s (double)\ngo version go1\n", version())
	case "server":
		settings := readSettings("server", os.Args[2:])
		if settings.is("cluster-reset") {
			clusterReset(settings)
			return
		}
		runServer(settings)
	case "agent":
		runAgent(readSettings("agent", os.Args[2:]), nil)
	case "kubectl":
		kubectl(os.Args[2:])
	case "etcd-snapshot":
		etcdSnapshot(os.Args[2:])
	case "token":
		tokenVerb(os.Args[2:])
	case "certificate":
		certificateVerb(os.Args[2:])
	default:
		fmt.Fprintf(os.Stderr, "No help topic for '%s'\n", verb)
		os.Exit(3)
	}
}
