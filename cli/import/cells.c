#include "cli/import/cells.h"

void cells_reader_free(struct cells_reader *reader)
{
  if (reader != NULL)
    reader->free(reader);
}
