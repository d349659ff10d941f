#include "textflag.h"

// func rdtick() int64
TEXT ·rdtick(SB), NOSPLIT, $0-8
	MRS  CNTVCT_EL0, R0
	MOVD R0, ret+0(FP)
	RET

// func relax()
TEXT ·relax(SB), NOSPLIT, $0-0
	YIELD
	RET
