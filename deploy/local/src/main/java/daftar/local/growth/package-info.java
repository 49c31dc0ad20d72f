/**
 * What a month's query costs while rows pile up: {@code usage-service/growth-benchmark}. It fills a running system, which
 * nothing else uses, and measures it after each step.
 */
package daftar.local.growth;
