// SPDX-License-Identifier: MIT
#include <stddef.h>

#include "recorder/vmm/vmm.h"

const char *const tl_unanswered_names[] = {
	[TL_UNANSWERED_STOP] = "stop",
	[TL_UNANSWERED_ZERO] = "zero",
	[TL_UNANSWERED_ONES] = "ones",
	[TL_UNANSWERED_ABORT] = "abort",
	NULL,
};

const char *const tl_nisv_names[] = {
	[TL_NISV_OFF] = "off",
	[TL_NISV_ABORT] = "abort",
	[TL_NISV_STOP] = "stop",
	[TL_NISV_SKIP] = "skip",
	NULL,
};

const char *const tl_idsr_names[] = {
	[TL_IDSR_OFF] = "off",
	[TL_IDSR_RAZ] = "raz",
	[TL_IDSR_CELL] = "cell",
	[TL_IDSR_UNDEF] = "undef",
	NULL,
};
