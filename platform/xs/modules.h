// Modules of the app: found by name in the image, their natives bound.
#ifndef MODULES_H
#define MODULES_H

#include "engine_image.h"

// Says which modules there are. The table stays where it is.
void modules_begin(const engine_module *modules, txSize count);

#endif
