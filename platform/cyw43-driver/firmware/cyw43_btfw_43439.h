// The SDK's cybt_shared_bus.c, compiled in every build, names these two. Without Bluetooth the linker discards its only user.
//
// SPDX-License-Identifier: MIT

const unsigned char cyw43_btfw_43439[1] = {0};
const unsigned int cyw43_btfw_43439_len = 0;
