/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The compiled root and splitter (bpf/xdp_root.bpf.c, bpf/xdp_split.bpf.c), carried inside the loader. */
	.section .rodata
	.balign 8
	.global root_object
	.global root_object_end
root_object:
	.incbin "xdp_root.bpf.o"
root_object_end:
	.byte 0
	.balign 8
	.global split_object
	.global split_object_end
split_object:
	.incbin "xdp_split.bpf.o"
split_object_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
