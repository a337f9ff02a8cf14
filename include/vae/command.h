/* The command line, for a program that brings models of its own. */
#ifndef VAE_COMMAND_H
#define VAE_COMMAND_H

#include <vae/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The whole command line, training to pictures, with the catalogue's variants beside the built-in ones. The catalogue
 * may be NULL; a model of it without a name is refused. Returns the exit status: 0 done, 1 failed (a line on standard
 * error says why), 2 wrong usage, 3 stopped by a signal after saving. Unlike the rest of the library it prints and
 * handles signals: it is a program.
 */
VAE_API int vae_main(int argc, char **argv, const vae_catalogue *catalogue);

#ifdef __cplusplus
}
#endif
#endif
