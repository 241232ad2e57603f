// The progress of an audit, one line for each stage.
import Auditing
import CommandLine

final class AuditProgress {
  private let reporting: ReportingOptions
  private var reading: Progress?
  private var comparing: Progress?

  init(_ reporting: ReportingOptions) { self.reporting = reporting }

  func update(_ stage: AuditStage) {
    switch stage {
    case .reading(let count):
      let progress = reading ?? Progress(reporting, label: "reading", unit: "records")
      reading = progress
      progress.update(count)
    case .comparing(let count, let total):
      reading?.finish()
      let progress = comparing ?? Progress(reporting, label: "comparing", unit: "images", total: total)
      comparing = progress
      progress.update(count)
    }
  }

  func finish() {
    reading?.finish()
    comparing?.finish()
  }
}
