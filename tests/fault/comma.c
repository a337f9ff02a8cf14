/* The program within a host that has the user's locale, where numbers may have decimal commas:
 *     comma ARGUMENT...   as vae; "comma point" prints the locale's decimal point */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <vae/command.h>

int main(int argc, char **argv)
{
    if (!setlocale(LC_ALL, "")) {
        fputs("comma: no such locale\n", stderr);
        return 99;
    }
    if (argc == 2 && !strcmp(argv[1], "point"))
        return puts(localeconv()->decimal_point) < 0;
    return vae_main(argc, argv, NULL);
}
