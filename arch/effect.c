// SPDX-License-Identifier: MIT
#include "arch/effect.h"

#include <stdarg.h>
#include <stdio.h>

void tl_effect_init(struct tl_effect *effect, const struct tl_state *state)
{
	*effect = (struct tl_effect){ .regs = state->regs, .vectors = state->vectors };
}

void tl_effect_set(struct tl_effect *effect, unsigned word, uint64_t value, enum tl_origin origin)
{
	tl_regs_set(&effect->regs, word, value);
	effect->origin[word] = (uint8_t)origin;
}

bool tl_effect_transfer(struct tl_effect *effect, const struct tl_transfer *transfer)
{
	if (effect->n_transfers == TL_TRANSFERS)
		return false;
	effect->transfer[effect->n_transfers++] = *transfer;
	return true;
}

bool tl_why(struct tl_why *why, const char *source, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	why->source = source;
	return false;
}
