/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_RUN_H
#define PIMS_CLI_RUN_H

/** The program behind main(). Returns its exit status. */
int cli_main(int argc, char **argv);

#endif
