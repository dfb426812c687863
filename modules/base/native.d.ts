// Natives: functions in C.

/**
 * The C function of this name, `void name(xsMachine *the)`. The build binds it: the argument is one string literal, the
 * call stands at module level, and its value goes into a `const`. A name that no C file defines stops the build.
 */
declare function native<F extends (...parameters: never[]) => unknown>(name: string): F;
