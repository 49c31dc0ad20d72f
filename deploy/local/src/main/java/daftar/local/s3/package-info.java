/** The S3-compatible store on this machine. */
package daftar.local.s3;
