/* The table of activations: what a layer may end in. */
#ifndef VAE_MODELS_ACTIVATIONS_H
#define VAE_MODELS_ACTIVATIONS_H

#include <stddef.h>
#include <vae/ops.h>

enum { VAE__LINEAR = 0 }; /* the first row: none */

int vae__activation_find(const char *name);          /* its place in the table, or -1 */
const char *vae__activation_name(int index);         /* NULL behind the last */
void vae__activation_names(char *text, size_t size); /* all, with commas between */
vae_node *vae__activation_build(int index, vae_node *x);

#endif
