module ebpf-platform/k3s-double

go 1.19
