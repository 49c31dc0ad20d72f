/** What the services' tests stand on: real PostgreSQL with a replica, real Kafka, tokens, rules of architecture. */
package daftar.testkit;
