// SPDX-License-Identifier: MIT
#include "replayer/import-read.h"

#include <string.h>

bool tl_import_read(const char *text, enum tl_import_isa isa, struct tl_import_facts *ret)
{
	memset(ret, 0, sizeof(*ret));
	tl_import_read_title(text, ret);
	tl_import_read_code(text, ret);
	tl_import_read_sysreg(text, ret);
	tl_import_read_x86(text, ret);
	tl_import_read_pairs(text, isa, ret);
	return ret->said || ret->trouble[0];
}
