/*
 * libvae: variational autoencoders in C.
 *
 *     <vae/model.h>       declare a variant
 *     <vae/command.h>     give it a command line
 *     <vae/catalogue.h>   bring words of one's own
 *     <vae/data.h>        open data
 *     <vae/train.h>       train
 *     <vae/checkpoint.h>  save and load
 *     <vae/infer.h>       evaluate, sample, encode, decode
 *     <vae/factors.h>     what z tells of known factors
 *     <vae/bench.h>       how fast it is
 *     <vae/check.h>       check gradients
 *     <vae/walk.h>        walks through z: manifold, interpolation, traversal, arithmetic
 *     <vae/complete.h>    completions: samples given conditions that come from data
 *     <vae/forecast.h>    forecasts: distances of samples from the truth, known futures that they cover
 *     <vae/picture.h>     pictures
 *     <vae/plot.h>        plots
 *     <vae/draw.h>        drawings of graphs
 *     <vae/graph.h>       the autodiff graph
 *     <vae/ops.h>         its ops
 *     <vae/status.h>      what calls return
 */
#ifndef VAE_VAE_H
#define VAE_VAE_H

#include <vae/bench.h>
#include <vae/catalogue.h>
#include <vae/check.h>
#include <vae/checkpoint.h>
#include <vae/command.h>
#include <vae/complete.h>
#include <vae/data.h>
#include <vae/draw.h>
#include <vae/factors.h>
#include <vae/forecast.h>
#include <vae/graph.h>
#include <vae/infer.h>
#include <vae/model.h>
#include <vae/ops.h>
#include <vae/picture.h>
#include <vae/plot.h>
#include <vae/status.h>
#include <vae/train.h>
#include <vae/version.h>
#include <vae/walk.h>

#endif
