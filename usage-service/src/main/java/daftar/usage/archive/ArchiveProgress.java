package daftar.usage.archive;

import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/** Tells how far a part has come. Between any two of these points a run may be killed, and another takes up the part. */
@ApplicationScoped
class ArchiveProgress {

    private static final Logger LOG = Logger.getLogger(ArchiveProgress.class);

    /** In the order in which a part passes them. */
    enum Point {
        SEALED,
        EXPORTED,
        FILES_STORED,
        MANIFEST_STORED,
        UPLOADED,
        COMPARED,
        VERIFIED,
        OUT_OF_USAGE_LOGS,
        DETACHED,
        COMPARED_AGAIN,
        DROPPED
    }

    void passed(Part part, Point point) {
        LOG.infof("archive of %s: %s", part, point);
    }
}
