/* The program. All of it is vae_main, so that a program with models of its own has the same command line. */
#include <vae/command.h>

int main(int argc, char **argv)
{
    return vae_main(argc, argv, NULL);
}
