/* The table of activations: what a layer may end in. Behind the built-in ones come those ops of a catalogue that have
 * one input and keep its shape. */
#ifndef VAE_MODELS_ACTIVATIONS_H
#define VAE_MODELS_ACTIVATIONS_H

#include <stddef.h>
#include <vae/catalogue.h>

enum { VAE__LINEAR = 0 }; /* the first row: none */

/* By number: a place in the table, or behind it in the catalogue's ops, some of which are no activations and have no
 * name here. */
int vae__activation_count(const vae_catalogue *catalogue);
int vae__activation_find(const vae_catalogue *catalogue, const char *name);          /* or -1 */
const char *vae__activation_name(const vae_catalogue *catalogue, int index);         /* or NULL */
void vae__activation_names(const vae_catalogue *catalogue, char *text, size_t size); /* all, with commas between */
vae_node *vae__activation_build(const vae_catalogue *catalogue, int index, vae_node *x);

#endif
