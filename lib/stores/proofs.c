#include "stores/proofs.h"

enum result proofs_add(struct mongo *mongo, const char *merchant, const struct proof *proof, struct err *e)
{
  mongoc_client_t *client;
  enum result r = mongo_take(mongo, &client, e);
  if (r != RESULT_OK)
    return r;
  bson_error_t error;
  bson_t *document = BCON_NEW("m", BCON_UTF8(merchant), "at", BCON_DATE_TIME(proof->at_ms), "as_of",
                              BCON_TIMESTAMP((int32_t)cluster_time_seconds(proof->as_of),
                                             (int32_t)cluster_time_increment(proof->as_of)),
                              "from", BCON_INT64(proof->from), "to", BCON_INT64(proof->to), "differing",
                              BCON_INT64(proof->differing), "verified_through",
                              BCON_INT64(proof->verified_through), "drift", BCON_INT64(proof->drift));
  mongoc_collection_t *proofs = mongoc_client_get_collection(client, mongo_people_database(mongo), "proofs");
  if (!mongoc_collection_insert_one(proofs, document, NULL, NULL, &error))
    r = mongo_failed(&error, "insert proof", e);
  mongoc_collection_destroy(proofs);
  bson_destroy(document);
  mongo_give(mongo, client);
  return r;
}
