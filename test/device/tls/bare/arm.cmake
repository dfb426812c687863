# Tool chain file of the bare programs for the RP2040.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m0plus -mthumb --specs=nano.specs --specs=nosys.specs -ffunction-sections -fdata-sections")
set(PICOFETCH_BARE_ARM 1)
