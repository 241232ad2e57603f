// The options for reading pictures instead of a stream: files by name, or archives.

import Archives
import ByteIO
import CommandLine
import ImageFiles
import Networks
import RecipeOptions
import TensorStream

struct PathOptions: ParsableArguments {
  @Flag(
    help: """
      Read the arguments as names of PNG or JPEG files; without any, read names from standard input, one per line. \
      Write a line for each file, in order, as names arrive.
      """)
  var paths = false

  @Flag(
    name: [.customShort("0"), .long],
    help: "Read names that end with NUL instead of a newline, as find -print0 writes them.")
  var null = false

  @Flag(
    help: """
      Read the arguments as tar archives of PNG or JPEG files, plain or compressed with gzip or zstd; without any, read \
      an archive from standard input. Write a line for each picture.
      """)
  var tar = false

  @OptionGroup var recipe: RecipeFlags
  @OptionGroup var damage: DamageOptions

  /// Whether pictures are read instead of a stream.
  var readsPictures: Bool { paths || tar }

  func validate() throws {
    if tar, paths {
      throw ValidationError("--paths reads pictures, and --tar archives: leave out one of them")
    }
    if tar, null { throw ValidationError("--null is for lists of names, but --tar reads archives") }
    if readsPictures {
      if recipe.background != nil, recipe.recipe == nil {
        throw ValidationError("--background needs --recipe")
      }
    } else if null {
      throw ValidationError("--null is for lists of names; it needs --paths")
    } else if damage.strict {
      throw ValidationError("--strict is for pictures; it needs --paths or --tar")
    } else if recipe.isGiven {
      throw ValidationError(
        "--recipe is for pictures (--paths or --tar); the command that wrote a stream has chosen its recipe")
    }
  }

  /// Throws if the arguments do not fit the options: more than one stream, or names both as arguments and from standard
  /// input.
  func check(_ arguments: [InputPath], areMany: Bool) throws {
    if !readsPictures {
      guard arguments.count <= 1 || areMany else {
        throw ValidationError(
          "expected one stream, got \(arguments.count); 'cat' joins streams, --output-directory gives each an output"
        )
      }
    } else if tar {
      // Archives may be files and standard input.
    } else if arguments.count > 1, arguments.contains("-") {
      throw ValidationError("expected names as arguments or from standard input (-), not both")
    } else if null, !arguments.isEmpty, arguments != ["-"] {
      throw ValidationError("--null is for names from standard input, but here they are arguments")
    }
  }

  /// Returns the pictures in the archives that the arguments name, or in an archive from standard input. Throws if
  /// standard input is a terminal, unless forced.
  func archives(_ arguments: [InputPath], _ force: ForceOption) throws -> ArchivePictures {
    let arguments = arguments.isEmpty ? ["-"] : arguments
    let input = arguments.contains("-") ? try InputFile(path: "-") : nil
    if let input {
      try force.check(
        input, expected: "a tar archive", instead: "fm-predict --model m.safetensors --tar pictures.tar")
    }
    let search = PictureSearch(paths: arguments.map(\.path.bytes), lists: [], entersFolders: false)
    return ArchivePictures(try search.pictures(), standardInput: input)
  }

  /// Returns the names of the pictures: the arguments, or those from standard input.
  func names(_ arguments: [InputPath]) throws -> ArrivingNames {
    guard arguments.isEmpty || arguments == ["-"] else { return ArrivingNames(arguments.map(\.path.bytes)) }
    return ArrivingNames(try InputFile(path: "-"), separator: null ? .nul : .newline)
  }

  /// Returns the recipe that turns pictures into images: the chosen one, else the one that the models record, else
  /// `exact`. `name` is the name of the models, for messages. Throws if the recipes differ, unless forced.
  func recipe(for recorded: RecordedRecipe?, name: String, force: Bool) throws -> Recipe {
    guard let chosen = recipe.chosen else {
      guard let recorded else { return .exact() }
      guard let known = Recipe(recorded.text) else {
        throw PathRecipeError.unknown(name: name, recorded: recorded.text)
      }
      return known
    }
    guard force || RecordedRecipe.agree(chosen.record, recorded) else {
      throw PathRecipeError.different(name: name, recorded: recorded?.text ?? "", chosen: chosen.text)
    }
    return chosen
  }
}

/// The reason why a recipe is refused.
enum PathRecipeError: Failure, Equatable {
  case different(name: String, recorded: String, chosen: String)
  case unknown(name: String, recorded: String)

  var kind: FailureKind {
    switch self {
    case .different: .usage
    case .unknown: .badData
    }
  }

  var description: String {
    switch self {
    case .different(let name, let recorded, let chosen):
      "--recipe: \(name) learned from images made by '\(recorded)', not by '\(chosen)';"
        + " leave --recipe out, or use --force"
    case .unknown(let name, let recorded):
      "\(name): its images were made by the recipe '\(recorded)', which this version does not know; choose one with"
        + " --recipe and --force"
    }
  }
}
