// Everything that the documents name exists.
import Foundation
import Testing

@Suite struct DocumentTests {
  /// The floors of the library: folders of modules.
  private let floors = ["Base", "C", "Data", "Judging", "Learning", "Numerics", "Tools"]

  @Test(arguments: [
    "README.md", "CONTRIBUTING.md", "docs/adding-an-operation.md", "docs/architecture.md",
    "docs/audit.md", "docs/augmentation.md", "docs/first-change.md", "docs/evaluation.md",
    "docs/html-report.md", "docs/idx.md",
    "docs/jpeg.md",
    "docs/kernels.md",
    "docs/model-files.md",
    "docs/networks.md", "docs/pictures.md", "docs/png.md",
    "docs/predictions.md", "docs/recipes.md", "docs/results.md", "docs/stream-format.md", "docs/training.md",
    "models/README.md",
  ])
  func everyFileThatADocumentNamesExists(_ document: String) throws {
    let path = "\(Workplace.package)/\(document)"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let folder = (path as NSString).deletingLastPathComponent
    // Links, and paths of sources in backticks, which omit Sources, or Sources/Shared and the floor.
    let links = text.matches(of: /\]\(([^):#]+)\)/).map { "\(folder)/\($0.1)" }
    let sources = text.matches(of: /`([A-Za-z][\w\-]*(?:\/[\w\-]+)+\.(?:swift|c|py|sh))`/).map { match in
      (["", "Sources/"] + floors.map { "Sources/Shared/\($0)/" })
        .map { "\(Workplace.package)/\($0)\(match.1)" }
    }
    #expect(links.count + sources.count >= 2)
    for candidates in links.map({ [$0] }) + sources {
      #expect(candidates.contains { FileManager.default.fileExists(atPath: $0) }, "\(candidates)")
    }
  }

  @Test func everyModuleIsOnTheMap() throws {
    let map = try String(contentsOfFile: "\(Workplace.package)/CONTRIBUTING.md", encoding: .utf8)
    for floor in floors {
      #expect(map.contains("`Shared/\(floor)`"), "\(floor)")
      let modules = try FileManager.default.contentsOfDirectory(
        atPath: "\(Workplace.package)/Sources/Shared/\(floor)")
      for module in modules { #expect(map.contains("`\(module)`"), "\(module)") }
    }
    for command in commands { #expect(map.contains("`\(command)`")) }
  }

  @Test(arguments: commands)
  func theReadmeAndTheManualListTheExitStatuses(_ command: String) throws {
    let readme = try String(contentsOfFile: "\(Workplace.package)/README.md", encoding: .utf8)
    let page = try Workplace().run(
      "/bin/bash", "\(Workplace.package)/scripts/man-page", "\(Workplace.executables)/\(command)")
    let others = page.text.split(separator: ".SH SEE ALSO\n").last ?? ""
    for other in commands where other != command {
      #expect(others.contains("\(other.replacing("-", with: #"\-"#)) (1)"), "\(other)")
    }
    for status in [0, 1, 64, 65, 66, 70, 73, 74, 75] {
      #expect(readme.contains("\n| \(status) | "))
      #expect(page.text.contains("\n.TP\n\(status)\n"))
    }
  }
}
