// Holds the pin of the Go toolchain that builds the engine on a machine whose Go is missing or too old.
// The version is the newest "golang.org/toolchain" line of go.sum; there is no require, because a toolchain
// is one module version per platform.
module ebpf-platform.dev/engine/toolchain

go 1.16
