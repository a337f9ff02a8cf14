// decode.cpp: the other way, in C++20: E[x | z] from z, with owners that free what they hold.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

#include <vae/vae.h>

// vae_x_free takes the address of a pointer, which it clears.
template <auto release> struct freed_by {
    void operator()(auto *object) const
    {
        release(&object);
    }
};
using model_owner = std::unique_ptr<vae_model, freed_by<vae_model_free>>;
using decoder_owner = std::unique_ptr<vae_decoder, freed_by<vae_decoder_free>>;

static void check(const vae_status &status)
{
    if (status.code)
        throw std::runtime_error(status.message);
}

static model_owner load(const char *path)
{
    vae_model *model = nullptr;
    check(vae_model_load(path, nullptr, &model));
    return model_owner(model);
}

static decoder_owner decoder_of(const model_owner &model)
{
    vae_decoder *decoder = nullptr;
    check(vae_decoder_new(model.get(), nullptr, &decoder));
    return decoder_owner(decoder);
}

int main(int argc, char **argv)
try {
    const model_owner model = load(argc > 1 ? argv[1] : "model.h5");
    const decoder_owner decoder = decoder_of(model);
    const std::vector<float> z(vae_model_declaration(model.get())->latents[0].size);
    std::vector<float> x(vae_model_x_size(model.get()));
    const float energy = 3, run = 1; // float32, where the options do not say otherwise
    const vae_conditions given = { .values = { &energy, &run }, .mask = nullptr };
    check(vae_decoder_run(decoder.get(), z.data(), 1, &given, x.data()));
    std::printf("at z = 0 the brightest pixel has %.1f counts\n", *std::max_element(x.begin(), x.end()));
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
