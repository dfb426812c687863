/* lwIP's compiler header for the bare programs. */
#ifndef ARCH_CC_H
#define ARCH_CC_H
#include <stdlib.h>
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) abort()
#define LWIP_RAND() 4u
#endif
